package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.ResourceType;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.run.ActionOrder;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.RegisteredKit;
import org.mainstay.core.internal.run.Resources;
import org.mainstay.kit.Action;
import org.mainstay.kit.Creation;
import org.mainstay.kit.ResourceInfo;

/** Creates a resource on this server and brings it into service, or leaves nothing behind (ADM-110 to ADM-118). */
final class CreateOperation {
    private final Job job;
    private final KitForms forms;
    private final Locking locking;

    CreateOperation(Job job, Locking locking) {
        this.job = job;
        this.forms = new KitForms(job.node());
        this.locking = locking;
    }

    Reply run(Request.CreateResource request) throws Refusal {
        RegisteredKit kit = forms.named(request.type());
        checkTag(request.tag());
        SettingValues values = SettingValues.split(
                forms.fields(kit, Action.CREATE, request.properties(), job.own()), request.properties());
        Map<String, String> answers = forms.complete(kit, Action.CREATE, values.properties(), Map.of(), job.own());
        InstanceSettings settings = values.apply(InstanceSettings.DEFAULT
                .withQuickCheckSeconds(kit.descriptor().quickCheckSeconds())
                .withDeepCheckSeconds(kit.descriptor().deepCheckSeconds())
                .withLocalRecovery(kit.descriptor().localRecovery()));
        Creation creation = askKit(kit, request.tag(), answers);
        String tag = request.tag().isEmpty()
                ? creation.suggestedTag().orElseGet(() -> kit.descriptor().type() + "-" + creation.id())
                : request.tag();
        checkTag(tag);
        List<String> keys = new ArrayList<>(creation.children());
        keys.add(tag);
        locking.lock(job, job.self(), keys, "create " + tag);
        checkTag(tag);
        checkId(kit, creation.id());
        checkChildren(creation.children());
        Instance instance = Instance.create(
                        tag,
                        creation.id(),
                        kit.descriptor().application(),
                        kit.descriptor().type())
                .withProperties(creation.properties(), kit.descriptor().version())
                .withSettings(settings);
        job.changeOwn("create " + tag, rows(instance, creation.children()));
        creation.remarks().forEach(job::remark);
        for (String child : creation.children()) {
            job.remark("'" + child + "' was added below '" + tag + "'");
        }
        bringInService(instance, creation.children());
        return job.success("created '" + tag + "' (" + kit.descriptor().title() + "), in service on " + job.self());
    }

    private void checkTag(String tag) throws Refusal {
        if (tag.isEmpty()) {
            return;
        }
        if (!tag.chars().allMatch(c -> c >= 0x20 && c <= 0x7e)) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + tag + "' is not a tag: a tag holds printable ASCII only, such as web or pg-5432");
        }
        for (String server : job.snapshot().servers()) {
            Optional<Lcd> lcd = job.snapshot().lcd(server);
            if (lcd.isPresent() && lcd.get().instance(tag).isPresent()) {
                throw new Refusal(
                        ExitCode.EXISTS,
                        "there is already a resource '" + tag + "' on " + server + "; choose another tag with --tag");
            }
        }
    }

    private void checkId(RegisteredKit kit, String id) throws Refusal {
        for (Instance other : job.own().instances().values()) {
            if (other.id().equals(id)) {
                throw new Refusal(
                        ExitCode.EXISTS,
                        "resource '" + other.tag() + "' on " + job.self() + " already protects '" + id + "' ("
                                + kit.descriptor().title() + ")");
            }
        }
    }

    private void checkChildren(List<String> children) throws Refusal {
        for (String child : children) {
            if (job.own().instance(child).isEmpty()) {
                throw new Refusal(
                        ExitCode.INTERNAL_ERROR,
                        "the kit asks for '" + child
                                + "' as a child, which does not exist here; report this to its author");
            }
            for (Map.Entry<String, String> there :
                    Hierarchies.everywhere(job.own(), child).entrySet()) {
                boolean elsewhere = !there.getKey().equals(job.self())
                        && job.snapshot()
                                .lcd(there.getKey())
                                .flatMap(lcd -> lcd.instance(there.getValue()))
                                .filter(instance -> instance.state().inService())
                                .isPresent();
                if (elsewhere) {
                    throw new Refusal(
                            ExitCode.INVALID_ARGUMENT,
                            "it needs '" + child + "', which is in service on " + there.getKey()
                                    + "; create it there, or switch '" + child + "' over first");
                }
            }
        }
    }

    private Creation askKit(RegisteredKit kit, String tag, Map<String, String> answers) throws Refusal {
        ResourceInfo resource = new ResourceInfo(
                job.self(),
                tag,
                "",
                kit.descriptor().application(),
                kit.descriptor().type(),
                answers,
                false);
        ActionOrder order = new ActionOrder(
                Action.CREATE,
                "",
                List.of(),
                resource,
                "",
                List.of(),
                Resources.all(job.own()),
                List.of(),
                "create by " + job.who(),
                false,
                false);
        Ended<Creation> ended = Job.wait(job.node().runner().create(order, job.progress()), 2, TimeUnit.HOURS);
        if (!ended.answered()) {
            throw new Refusal(ExitCode.SYSTEM_ERROR, "create failed: " + ended.message());
        }
        if (ended.value().refusal().isPresent()) {
            throw new Refusal(
                    ended.value().alreadyExists() ? ExitCode.EXISTS : ExitCode.INVALID_ARGUMENT,
                    ended.value().refusal().get());
        }
        return ended.value();
    }

    private List<LcdChange<?>> rows(Instance instance, List<String> children) {
        List<LcdChange<?>> rows = new ArrayList<>(typeRows(job.own(), instance));
        rows.add(LcdChange.put(LcdSection.INSTANCES, instance.tag(), instance));
        for (String child : children) {
            Dependency dependency = new Dependency(instance.tag(), child);
            rows.add(LcdChange.put(LcdSection.DEPENDENCIES, dependency.key(), dependency));
        }
        return rows;
    }

    /** Returns the rows for application and type that are missing in a database. */
    static List<LcdChange<?>> typeRows(Lcd lcd, Instance instance) {
        List<LcdChange<?>> rows = new ArrayList<>();
        for (ResourceType type : List.of(
                new ResourceType(instance.application(), ""),
                new ResourceType(instance.application(), instance.type()))) {
            if (lcd.row(LcdSection.TYPES, type.key()).isEmpty()) {
                rows.add(LcdChange.put(LcdSection.TYPES, type.key(), type));
            }
        }
        return rows;
    }

    private void bringInService(Instance instance, List<String> children) throws Refusal {
        String tag = instance.tag();
        try {
            job.ask(new ServiceRequest.BringInService(tag, false, true, false));
        } catch (Refusal failed) {
            job.tell("it did not come into service; undoing the creation");
            undo(instance, children);
            throw new Refusal(failed.exitCode(), failed.getMessage() + "; " + whatIsLeft(tag));
        }
    }

    private String whatIsLeft(String tag) {
        return job.own().instance(tag).isEmpty()
                ? "nothing was created"
                : "'" + tag + "' was created and could not be removed again: see 'mainstay resource show " + tag
                        + "', then 'mainstay resource delete " + tag + "'";
    }

    private void undo(Instance instance, List<String> children) {
        String tag = instance.tag();
        try {
            boolean certain = job.own()
                    .instance(tag)
                    .filter(now -> now.ownership().released() && !now.state().inService())
                    .isPresent();
            if (!certain) {
                job.ask(new ServiceRequest.TakeOutOfService(tag, true, false, false));
            }
            job.peers().demand(job.self(), new Step.Run("delete", List.of(tag)), java.time.Duration.ofHours(2));
            List<LcdChange<?>> rows = new ArrayList<>();
            children.forEach(
                    child -> rows.add(LcdChange.remove(LcdSection.DEPENDENCIES, new Dependency(tag, child).key())));
            rows.add(LcdChange.remove(LcdSection.INSTANCES, tag));
            job.changeOwn("undo of create " + tag, rows);
            job.node().hosts().forget(tag);
        } catch (Refusal e) {
            job.remark("undo: " + e.getMessage());
        }
    }
}
