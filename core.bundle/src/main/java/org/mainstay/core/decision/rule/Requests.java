package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState.Forwarded;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Asker;
import org.mainstay.core.decision.state.ServiceOperation.Claim;
import org.mainstay.core.decision.state.ServiceOperation.Kind;
import org.mainstay.core.decision.state.ServiceOperation.Stage;
import org.mainstay.core.decision.state.ServiceOperation.Then;

/** What operators ask for: checked at once, decided when the reservation is held. */
final class Requests {
    static final String IGNORE_RESERVATIONS = "ignore reservations";
    private static final String ONLY = "only";

    private final Step step;
    private final Knowledge knowledge;
    private final InstanceReservations reservations;
    private final Eligibility eligibility;

    Requests(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
        reservations = new InstanceReservations(step);
        eligibility = new Eligibility(step);
    }

    void requested(Event.Requested event) {
        String id = event.requestId();
        Asker asker = new Asker(id, "", event.origin());
        ServiceRequest request = event.request();
        if (request instanceof ServiceRequest.BringInService bring) {
            bringIn(asker, bring);
        } else if (request instanceof ServiceRequest.TakeOutOfService take) {
            takeOut(asker, take);
        } else if (request instanceof ServiceRequest.ConfirmStopped confirm) {
            step.origin(event.origin());
            new Confirmations(step).confirm(id, confirm, event.origin());
        } else if (request instanceof ServiceRequest.ConfirmDown confirm) {
            new Verdicts(step).confirmDown(id, confirm.server(), event.origin().who());
        } else if (request instanceof ServiceRequest.Stop stop) {
            step.origin(event.origin());
            new Stopping(step).begin(id, stop);
        } else if (request instanceof ServiceRequest.PerformAction action) {
            perform(asker, action);
        } else if (request instanceof ServiceRequest.ChangeOwn change) {
            step.origin(event.origin());
            new Changes(step).changeOwn(id, change);
        } else if (request instanceof ServiceRequest.Edit edit) {
            step.origin(event.origin());
            new Edits(step).edit(id, edit.edit());
        } else if (request instanceof ServiceRequest.Propose propose) {
            step.origin(event.origin());
            new Agreements(step).propose(id, propose);
        } else if (request instanceof ServiceRequest.ResolveOperation resolve) {
            step.origin(event.origin());
            new Resolutions(step).resolve(id, resolve, event.origin());
        } else if (request instanceof ServiceRequest.Cancel cancel) {
            new Cancelling(step).cancel(id, cancel);
        }
    }

    /** Returns why nothing can be asked of this server or resource now; null if it can. */
    private Reply unfit(String tag) {
        if (step.instance(tag) == null) {
            return Reply.failed(
                    ExitCode.NOT_FOUND,
                    "there is no resource '" + tag + "' on " + step.self()
                            + "; 'mainstay resource list' shows what there is");
        }
        if (step.phase() != Phase.AVAILABLE) {
            String state = step.phase() == Phase.STARTING ? "still starting: wait until it is ready" : "being stopped";
            return Reply.failed(ExitCode.SYSTEM_ERROR, "Mainstay on " + step.self() + " is " + state);
        }
        String locked = Agreements.lock(step, tag);
        return locked.isEmpty() ? null : Reply.failed(ExitCode.IN_USE, locked);
    }

    private void bringIn(Asker asker, ServiceRequest.BringInService request) {
        Reply unfit = unfit(request.tag());
        if (unfit != null) {
            step.answer(asker.requestId(), unfit);
            return;
        }
        Topology topology = step.topology();
        SortedSet<String> scope;
        if (!request.onlyTag()) {
            scope = topology.withBelow(topology.withAbove(List.of(request.tag())));
        } else if (request.childrenToo()) {
            scope = topology.withBelow(List.of(request.tag()));
        } else {
            scope = new TreeSet<>(List.of(request.tag()));
            List<String> idle = topology.children(request.tag()).stream()
                    .filter(child -> !step.inService(child))
                    .toList();
            if (!idle.isEmpty()) {
                String text = request.tag() + " depends on " + String.join(", ", idle) + ", not in service on "
                        + step.self() + ": bring that into service first";
                step.answer(asker.requestId(), Reply.failed(ExitCode.IN_USE, text));
                return;
            }
        }
        ServiceOperation operation = reservations.begin(
                Kind.RESTORE,
                scope,
                scope,
                asker,
                "in-service by " + asker.origin().who(),
                Then.NOTHING);
        ignore(operation, request.ignoreReservations());
        if (request.onlyTag()) {
            ServiceOperation begun = step.operation(operation.id());
            List<String> words = new java.util.ArrayList<>(begun.work().arguments());
            words.add(ONLY);
            step.operation(begun.withWork(work -> work.withArguments(words)));
        }
    }

    private void ignore(ServiceOperation operation, boolean ignoreReservations) {
        if (ignoreReservations) {
            step.operation(operation.withWork(work -> work.withArguments(List.of(IGNORE_RESERVATIONS))));
        }
    }

    /** A restore has its reservations: who asked decides how it goes on. */
    void activateRestore(ServiceOperation operation) {
        if (!operation.asker().present()) {
            boolean taken = operation.work().todo().stream()
                    .map(knowledge::occupant)
                    .anyMatch(one -> one != null && one.how() == Knowledge.Occupant.How.IN_SERVICE);
            if (taken) {
                step.end(operation.id());
            } else {
                new Claims(step).begin(operation);
            }
            return;
        }
        step.origin(operation.asker().origin());
        TreeSet<String> todo = new TreeSet<>(operation.work().todo());
        todo.removeIf(tag -> step.instance(tag) == null
                || step.inService(tag)
                        && !step.instance(tag).failed()
                        && step.instance(tag).state() == org.mainstay.cluster.lcd.InstanceState.ISP);
        TreeSet<String> from = new TreeSet<>();
        Reply refusal = sources(todo, from);
        if (refusal != null) {
            reservations.finish(operation, refusal);
            return;
        }
        todo.forEach(tag -> step.ownership(tag, Restoring::tryAgain));
        if (todo.isEmpty()) {
            operation.tags().forEach(tag -> want(tag, Wanted.IN));
            reservations.finish(
                    operation,
                    Reply.success(
                            InstanceReservations.are(operation.tags()) + " in service on " + step.self() + " already"));
        } else if (from.isEmpty()) {
            boolean takeover = todo.stream()
                    .map(knowledge::newestOwner)
                    .anyMatch(owner -> !owner.isEmpty() && !owner.equals(step.self()) && knowledge.down(owner));
            Claim none = Claim.NONE;
            new Claims(step)
                    .begin(operation
                            .withWork(work -> work.withTodo(todo))
                            .withClaim(none.withTakeover(takeover).withRevisions(revisions(operation.tags()))));
        } else {
            operation.tags().forEach(tag -> want(tag, Wanted.IN));
            switchOver(operation, todo, from.first());
        }
    }

    private SortedMap<String, Long> revisions(Collection<String> tags) {
        TreeMap<String, Long> result = new TreeMap<>();
        tags.forEach(tag -> result.put(tag, knowledge.wanted(tag).wantedRevision()));
        return result;
    }

    private Reply sources(SortedSet<String> todo, SortedSet<String> from) {
        if (!step.mayStart()) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, step.whyNot());
        }
        for (String tag : todo) {
            Instance instance = step.instance(tag);
            if (!step.kits.contains(instance.typeKey())) {
                return Reply.failed(
                        ExitCode.NOT_FOUND,
                        "the recovery kit " + instance.typeKey() + " is not usable on " + step.self()
                                + ": install it first");
            }
            Knowledge.Occupant occupant = knowledge.occupant(tag);
            if (occupant == null || occupant.how() == Knowledge.Occupant.How.PARKED_STOPPED) {
                continue;
            }
            boolean serving = occupant.how() == Knowledge.Occupant.How.IN_SERVICE;
            if (occupant.how() == Knowledge.Occupant.How.DOUBTFUL || serving && !knowledge.usable(occupant.server())) {
                return Reply.failed(
                        ExitCode.NO_COMMUNICATION,
                        tag + ": " + occupant.text() + "; Mainstay on " + occupant.server() + " cannot be reached");
            }
            if (!serving) {
                return Reply.failed(ExitCode.IN_USE, tag + ": " + occupant.text());
            }
            from.add(occupant.server());
        }
        return from.size() < 2
                ? null
                : Reply.failed(
                        ExitCode.IN_USE,
                        "parts of it are in service on " + String.join(" and ", from)
                                + ": take one of them out of service first");
    }

    private void switchOver(ServiceOperation operation, TreeSet<String> todo, String from) {
        TreeSet<String> moved = new TreeSet<>(todo);
        boolean only = operation.work().arguments().contains(ONLY);
        for (String tag : step.topology().hierarchy(todo.first())) {
            Instance there = knowledge.instanceOn(from, tag);
            boolean serving = there != null && there.state().inService();
            if (serving && !only) {
                moved.add(tag);
            } else if (serving
                    && !moved.contains(tag)
                    && step.topology().below(tag).stream().anyMatch(moved::contains)) {
                want(tag, Wanted.OUT);
            }
        }
        String missing = eligibility.unremovable(from, moved);
        if (!missing.isEmpty()) {
            reservations.finish(operation, Reply.failed(ExitCode.NOT_FOUND, missing));
            return;
        }
        TreeSet<String> tags = new TreeSet<>(operation.tags());
        tags.addAll(moved);
        boolean reserved = step.operations().stream()
                .anyMatch(other -> !other.id().equals(operation.id())
                        && other.holds()
                        && !java.util.Collections.disjoint(other.tags(), tags));
        if (reserved) {
            reservations.finish(
                    operation, Reply.failed(ExitCode.IN_USE, reservations.holderText(operation.withTags(tags))));
            return;
        }
        ServiceOperation wider = operation.withTags(tags).withWork(work -> work.withTodo(moved));
        new Takings(step).ask(wider, from, moved);
    }

    /** Sets the wanted state of a group if it is another one. */
    void want(String tag, Wanted wanted) {
        Ownership newest = knowledge.wanted(tag);
        if (newest.wanted() != wanted) {
            step.ownership(tag, one -> one.withWanted(wanted, newest.wantedRevision() + 1));
        }
    }

    /** Wants it out, with a new revision even if it was: a request to bring it in that is under way is older. */
    void takeBack(String tag) {
        long revision = knowledge.wanted(tag).wantedRevision() + 1;
        step.ownership(tag, one -> one.withWanted(Wanted.OUT, revision));
    }

    private void takeOut(Asker asker, ServiceRequest.TakeOutOfService request) {
        String tag = request.tag();
        Reply unfit = unfit(tag);
        if (unfit != null) {
            step.answer(asker.requestId(), unfit);
            return;
        }
        Topology topology = step.topology();
        SortedSet<String> scope = request.onlyTag()
                ? new TreeSet<>(List.of(tag))
                : request.withChildren()
                        ? topology.withAbove(topology.withBelow(List.of(tag)))
                        : topology.withAbove(List.of(tag));
        String server = elsewhere(scope);
        if (!server.isEmpty() && scope.stream().anyMatch(step::occupies)) {
            step.answer(asker.requestId(), Reply.failed(ExitCode.IN_USE, divided(server)));
        } else if (!server.isEmpty() && !knowledge.usable(server)) {
            String text = tag + " is in service on " + server + ", and Mainstay there cannot be reached";
            step.answer(asker.requestId(), Reply.failed(ExitCode.NO_COMMUNICATION, text));
        } else if (!server.isEmpty()) {
            forward(asker, server, scope, request.ignoreReservations());
        } else {
            takeOutHere(asker, scope, request.ignoreReservations());
        }
    }

    private static String divided(String server) {
        return "a part of it is in service on " + server + ": take that out of service first";
    }

    private String elsewhere(Collection<String> scope) {
        for (String tag : scope) {
            Knowledge.Occupant occupant = knowledge.occupant(tag);
            if (occupant != null && occupant.how().compareTo(Knowledge.Occupant.How.UNRELEASED) <= 0) {
                return occupant.server();
            }
        }
        return "";
    }

    private void forward(Asker asker, String server, SortedSet<String> scope, boolean ignoreReservations) {
        List<String> theirs = scope.stream()
                .map(one -> step.topology().tagOn(one, server, step.self()))
                .filter(java.util.Objects::nonNull)
                .toList();
        step.requests.put(asker.requestId(), new Forwarded(server, ""));
        step.touch();
        step.send(
                server,
                new CoreMessage.TakeOut(
                        asker.requestId(),
                        theirs,
                        ignoreReservations,
                        asker.origin().who()));
    }

    /** Another server's operator asks. */
    void takeOutFor(String peer, CoreMessage.TakeOut message) {
        Origin origin = new Origin(message.who(), peer, step.at, "");
        Asker asker = new Asker(message.requestId(), peer, origin);
        for (String tag : message.tags()) {
            Reply unfit = unfit(tag);
            if (unfit != null) {
                step.send(peer, new CoreMessage.RequestDone(message.requestId(), unfit.exitCode(), unfit.message()));
                return;
            }
        }
        takeOutHere(asker, new TreeSet<>(message.tags()), message.ignoreReservations());
    }

    private void takeOutHere(Asker asker, SortedSet<String> scope, boolean ignoreReservations) {
        for (String tag : scope) {
            for (String parent : step.topology().parents(tag)) {
                if (step.occupies(parent) && !scope.contains(parent)) {
                    String text = parent + " depends on " + tag + " and is in service: take it out of service first";
                    reservations.reply(asker, Reply.failed(ExitCode.IN_USE, text));
                    return;
                }
            }
        }
        String missing = eligibility.unremovable(step.self(), scope);
        if (!missing.isEmpty()) {
            reservations.reply(asker, Reply.failed(ExitCode.NOT_FOUND, missing));
            return;
        }
        ServiceOperation operation = reservations.begin(
                Kind.REMOVE,
                scope,
                scope,
                asker,
                "out-of-service by " + asker.origin().who(),
                Then.NOTHING);
        ignore(operation, ignoreReservations);
    }

    /** A removal an operator asked for has its reservations: it is wanted out before anything stops. */
    void activateRemove(ServiceOperation operation) {
        ServiceOperation ready = operation;
        if (operation.asker().present() && movedAway(operation)) {
            return;
        }
        if (operation.asker().present()) {
            step.origin(operation.asker().origin());
            operation.tags().stream().filter(tag -> step.instance(tag) != null).forEach(this::takeBack);
            ready = operation.withThen(operation.then().withVersion(step.nextVersion()));
        } else if (operation.then().step() == Then.Step.RELEASE && !new Handovers(step).activate(operation)) {
            return;
        }
        new Removing(step).activate(ready);
    }

    /** Returns whether it went to another server while the request waited: then that server is asked. */
    private boolean movedAway(ServiceOperation operation) {
        String server = elsewhere(operation.tags());
        if (server.isEmpty()) {
            return false;
        }
        if (operation.tags().stream().anyMatch(step::occupies)) {
            reservations.finish(operation, Reply.failed(ExitCode.IN_USE, divided(server)));
        } else if (knowledge.usable(server) && operation.asker().peer().isEmpty()) {
            boolean ignore = operation.work().arguments().contains(IGNORE_RESERVATIONS);
            forward(operation.asker(), server, operation.tags(), ignore);
            step.end(operation.id());
        } else {
            String text = "it is in service on " + server + " now: ask there";
            reservations.finish(operation, Reply.failed(ExitCode.NO_COMMUNICATION, text));
        }
        return true;
    }

    private void perform(Asker asker, ServiceRequest.PerformAction request) {
        Reply unfit = unfit(request.tag());
        if (unfit == null
                && (request.action().equals(Knowledge.RESTORE)
                        || request.action().equals(Knowledge.REMOVE))) {
            unfit = Reply.failed(
                    ExitCode.INVALID_ARGUMENT,
                    request.action() + " is done by 'mainstay resource in-service|out-of-service'");
        }
        if (unfit == null && request.action().equals(Failover.RECOVER) && !step.inService(request.tag())) {
            // a recover may start what it repairs: out of service here it could be a second one
            unfit = Reply.failed(
                    ExitCode.IN_USE,
                    request.tag() + " is not in service on " + step.self()
                            + ", so there is nothing to recover here; use 'mainstay resource in-service'");
        }
        if (unfit != null) {
            step.answer(asker.requestId(), unfit);
            return;
        }
        List<String> words = new java.util.ArrayList<>(List.of(request.action()));
        words.addAll(request.arguments());
        SortedSet<String> tags = new TreeSet<>(List.of(request.tag()));
        ServiceOperation operation = reservations.begin(
                Kind.ACTION, tags, tags, asker, "action by " + asker.origin().who(), Then.NOTHING);
        step.operation(operation.withWork(work -> work.withArguments(words)));
    }

    void activateAction(ServiceOperation operation) {
        String tag = operation.tags().first();
        List<String> words = operation.work().arguments();
        if (words.get(0).equals(Failover.RECOVER) && !step.inService(tag)) {
            reservations.finish(
                    operation,
                    Reply.failed(ExitCode.IN_USE, tag + " went out of service on " + step.self() + " meanwhile"));
            return;
        }
        String actionId = step.newId("action");
        step.effect(new Effect.RunAction(
                actionId,
                tag,
                words.get(0),
                words.subList(1, words.size()),
                step.instance(tag) == null ? 0 : step.instance(tag).ownership().epoch(),
                false,
                false,
                step.right().until(),
                operation.reason()));
        step.operation(operation.at(Stage.RUNNING).withWork(work -> work.withRunning(tag, actionId)));
    }

    void actionDone(ServiceOperation operation, boolean succeeded, String message) {
        reservations.finish(
                operation, succeeded ? Reply.success(message) : Reply.failed(ExitCode.SYSTEM_ERROR, message));
    }

    /** A forwarded request was worked on. */
    void done(CoreMessage.RequestDone done) {
        if (step.requests.remove(done.requestId()) != null) {
            step.touch();
            step.answer(done.requestId(), new Reply(done.exitCode(), done.message(), List.of()));
        }
    }

    /** The server a request was forwarded to cannot be reached any more. */
    void lost(String peer) {
        List.copyOf(step.requests.entrySet()).forEach(entry -> {
            if (entry.getValue().peer().equals(peer) && !entry.getKey().startsWith(Replication.CATCH_UP)) {
                step.requests.remove(entry.getKey());
                step.answer(
                        entry.getKey(),
                        Reply.failed(
                                ExitCode.NO_COMMUNICATION,
                                "the connection to " + peer
                                        + " was lost while it worked on this; see 'mainstay status'"));
            }
        });
    }
}
