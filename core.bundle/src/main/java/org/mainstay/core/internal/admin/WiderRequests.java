package org.mainstay.core.internal.admin;

import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.ServiceRequest;

/** Requests around the service operations: the LCDI, the administrative lock, global scripts, maintenance, properties of servers. */
final class WiderRequests {
    private final Job job;
    private final Locking locking;

    WiderRequests(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    /** Carries out a request of this kind; null if it is of another. */
    Reply carryOut(Request request) throws Refusal {
        if (request instanceof Request.Edit edit) {
            return job.ask(new ServiceRequest.Edit(edit.edit()));
        }
        if (request instanceof Request.RemoveInstances remove) {
            return new LcdiOperations(job, locking).remove(remove);
        }
        if (request instanceof Request.RemoveType remove) {
            return new LcdiOperations(job, locking).removeType(remove);
        }
        if (request instanceof Request.CreateEquivalency create) {
            return new LcdiOperations(job, locking).create(create);
        }
        if (request instanceof Request.DeleteEquivalency delete) {
            return new LcdiOperations(job, locking).delete(delete);
        }
        if (request instanceof Request.SetPriorities set) {
            return new ServerOperations(job, locking).priorities(set);
        }
        if (request instanceof Request.SetMaintenance set) {
            return new ServerOperations(job, locking).maintenance(set);
        }
        if (request instanceof Request.SetServer set) {
            return new ServerOperations(job, locking).server(set);
        }
        if (request instanceof Request.StoreMirrorJob store) {
            return new MirrorJobOperations(job, locking).store(store.job());
        }
        if (request instanceof Request.GlobalScripts scripts) {
            return globalScripts(scripts);
        }
        return null;
    }

    private Reply globalScripts(Request.GlobalScripts request) throws Refusal {
        if (!GlobalScripts.EVENTS.contains(request.event())) {
            throw new Refusal(
                    ExitCode.SYNTAX,
                    "'" + request.event() + "' is no event; events: " + String.join(", ", GlobalScripts.EVENTS));
        }
        GlobalScripts scripts = new GlobalScripts(job);
        if (!request.post()) {
            job.begin();
            scripts.before(request.event(), request.arguments());
            return job.success("");
        }
        if (job.own().row(LcdSection.FLAGS, "!" + request.event()).isEmpty()) {
            // CMD-042
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "no scripts are due after " + request.event() + ": run 'lcdrecover -g " + request.event()
                            + "' first");
        }
        boolean locked =
                !request.arguments().isEmpty() && request.arguments().get(0).equals("-m");
        scripts.after(request.event(), request.arguments(), locked);
        return job.success("");
    }

    /** Runs a service request with the global scripts around it (CMD-047), or without if none is registered here. */
    Reply withScripts(Request request, boolean locked, Service service) throws Refusal {
        String event = request instanceof Request.TakeOutOfService ? "remove" : "restore";
        GlobalScripts scripts = new GlobalScripts(job);
        if (!scripts.any(event)) {
            return service.run();
        }
        Set<String> from = request instanceof Request.BringInService bring ? elsewhere(bring.tag()) : Set.of();
        scripts.before(event, java.util.List.of());
        Reply reply;
        try {
            reply = service.run();
        } catch (Refusal refused) {
            scripts.after(event, java.util.List.of(), locked);
            throw refused;
        }
        for (String server : from) {
            scripts.alsoOn(event, server);
        }
        scripts.after(event, java.util.List.of(), locked);
        return reply;
    }

    private Set<String> elsewhere(String tag) {
        Set<String> servers = new TreeSet<>();
        Hierarchies.everywhere(job.own(), tag).forEach((server, there) -> {
            boolean runs = job.snapshot()
                    .lcd(server)
                    .flatMap(lcd -> lcd.instance(there))
                    .filter(instance -> instance.state().inService())
                    .isPresent();
            if (runs && !server.equals(job.self()) && job.peers().reachable(server)) {
                servers.add(server);
            }
        });
        return servers;
    }

    /** What the scripts are run around. */
    @FunctionalInterface
    interface Service {
        Reply run() throws Refusal;
    }

    /**
     * Runs a change of a hierarchy under the administrative lock. Changes of different hierarchies wait for each other there; who
     * wants to change one that is being changed is refused at once.
     */
    Reply alone(String identifier, String tag, Service service) throws Refusal {
        if (job.own().instance(tag).isPresent()) {
            locking.lock(job, job.self(), Hierarchies.of(job.own(), tag), identifier);
            locking.unlockAll(job);
        }
        return alone(identifier, service);
    }

    /** Runs a change of the configuration under the administrative lock (FLG-011): one such change of the cluster at a time. */
    Reply alone(String identifier, Service service) throws Refusal {
        GlobalLock lock = new GlobalLock(job, job.operation());
        lock.takeAndBegin(identifier, new GlobalScripts(job).waitSeconds());
        try {
            return service.run();
        } finally {
            lock.release();
        }
    }
}
