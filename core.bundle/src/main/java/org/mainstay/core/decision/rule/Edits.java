package org.mainstay.core.decision.rule;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.ResourceType;
import org.mainstay.cluster.lcd.SystemEntry;

/** The LCDI's changes of the own database (spec/02 B3 to B7): each is checked against the database as it is and made in the same step. */
final class Edits {
    private static final String TAGS = "'ins_list' shows the resources";

    private final Step step;

    Edits(Step step) {
        this.step = step;
    }

    /** Makes an edit and answers; after a refusal nothing is changed. */
    void edit(String requestId, LcdEdit edit) {
        Lcd before = step.own();
        try {
            apply(edit);
            step.answer(requestId, Reply.success("done"));
        } catch (Refused e) {
            step.own(before);
            step.answer(requestId, e.reply);
        }
    }

    /** Why an edit is not made. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Reply reply;

        Refused(Reply reply) {
            super(reply.message(), null, false, false);
            this.reply = reply;
        }
    }

    private static Refused refused(int exitCode, String text) {
        return new Refused(Reply.failed(exitCode, text));
    }

    private void apply(LcdEdit edit) throws Refused {
        if (edit instanceof LcdEdit.All all) {
            for (LcdEdit one : all.edits()) {
                apply(one);
            }
        } else if (edit instanceof LcdEdit.AddApplication add) {
            addApplication(add.application());
        } else if (edit instanceof LcdEdit.AddType add) {
            addType(add);
        } else if (edit instanceof LcdEdit.AddSystem add) {
            addSystem(add.system());
        } else if (edit instanceof LcdEdit.RemoveSystem remove) {
            removeSystem(remove.system());
        } else if (edit instanceof LcdEdit.AddFlag add) {
            addFlag(add.flag());
        } else if (edit instanceof LcdEdit.RemoveFlag remove) {
            removeFlag(remove.flag());
        } else if (edit instanceof LcdEdit.AddDependency add) {
            addDependency(add);
        } else if (edit instanceof LcdEdit.RemoveDependencies remove) {
            removeDependencies(remove);
        } else {
            applyToInstance(edit);
        }
    }

    private void applyToInstance(LcdEdit edit) throws Refused {
        if (edit instanceof LcdEdit.AddInstance add) {
            addInstance(add);
        } else if (edit instanceof LcdEdit.SetInfo set) {
            change(set.tag(), instance -> instance.withInfo(set.info()));
        } else if (edit instanceof LcdEdit.SetInit set) {
            settings(set.tag(), old -> old.withInit(set.option()));
        } else if (edit instanceof LcdEdit.SetCheckInterval set) {
            checkSeconds(set.seconds());
            settings(
                    set.tag(),
                    old -> set.deep()
                            ? old.withDeepCheckSeconds(set.seconds())
                            : old.withQuickCheckSeconds(set.seconds()));
        } else if (edit instanceof LcdEdit.SetLocalRecovery set) {
            settings(set.tag(), old -> old.withLocalRecovery(set.on()));
        } else if (edit instanceof LcdEdit.SetSwitchback set) {
            setSwitchback(set);
        } else if (edit instanceof LcdEdit.SetState set) {
            setState(set);
        }
    }

    // ---- applications, types, systems, flags

    private boolean knows(String application) {
        return step.own().rows(LcdSection.TYPES).values().stream()
                        .anyMatch(row -> row.application().equals(application))
                || step.own().instances().values().stream()
                        .anyMatch(row -> row.application().equals(application))
                || step.kits.stream().anyMatch(key -> key.startsWith(application + "/"));
    }

    private boolean knows(ResourceType type) {
        return step.own().row(LcdSection.TYPES, type.key()).isPresent() || step.kits.contains(type.key());
    }

    private static void checkName(String what, String name) throws Refused {
        boolean fine = !name.isEmpty() && name.chars().allMatch(c -> c > 0x20 && c <= 0x7e && c != '/');
        if (!fine) {
            throw refused(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + name + "' is not " + what + ": use printable ASCII without blanks and slashes");
        }
    }

    private void addApplication(String application) throws Refused {
        checkName("an application name", application);
        if (knows(application)) {
            throw refused(ExitCode.EXISTS, "the application '" + application + "' exists already");
        }
        put(new ResourceType(application, ""));
    }

    private void addType(LcdEdit.AddType add) throws Refused {
        checkName("a type name", add.type());
        if (!knows(add.application())) {
            throw noApplication(add.application());
        }
        ResourceType type = new ResourceType(add.application(), add.type());
        if (knows(type)) {
            throw refused(
                    ExitCode.EXISTS, "the type '" + add.type() + "' of '" + add.application() + "' exists already");
        }
        put(type);
    }

    private static Refused noApplication(String application) {
        return refused(
                ExitCode.NOT_FOUND,
                "there is no application '" + application + "' here; 'app_list' shows the applications");
    }

    private void put(ResourceType row) {
        step.own(step.own().with(LcdSection.TYPES, row.key(), row));
    }

    private void addSystem(String system) throws Refused {
        checkName("a server name", system);
        if (system.equals(step.self())
                || step.own().row(LcdSection.SYSTEMS, system).isPresent()
                || step.own().membership().member(system).isPresent()) {
            throw refused(ExitCode.EXISTS, "the server '" + system + "' exists already");
        }
        step.own(step.own().with(LcdSection.SYSTEMS, system, new SystemEntry(system, "")));
    }

    private void removeSystem(String system) throws Refused {
        boolean member = step.own().membership().member(system).isPresent();
        if (step.own().row(LcdSection.SYSTEMS, system).isEmpty() && !member) {
            throw refused(ExitCode.NOT_FOUND, "there is no server '" + system + "'; 'sys_list' shows the servers");
        }
        if (system.equals(step.self())) {
            throw refused(ExitCode.IN_USE, "'" + system + "' is this server: its own definition stays");
        }
        if (member) {
            throw refused(
                    ExitCode.IN_USE,
                    "'" + system + "' is a member of the cluster; 'mainstay node remove " + system + "' removes it");
        }
        boolean path = step.own().rows(LcdSection.PATHS).values().stream()
                .anyMatch(row -> row.peer().equals(system));
        boolean pair = step.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                .anyMatch(
                        row -> row.server().equals(system) || row.otherServer().equals(system));
        if (path || pair) {
            throw refused(
                    ExitCode.IN_USE,
                    "there " + (path ? "is a comm path to '" : "are equivalencies with '") + system
                            + "'; remove that first");
        }
        step.own(step.own().without(LcdSection.SYSTEMS, system));
    }

    private void addFlag(String flag) throws Refused {
        if (step.own().row(LcdSection.FLAGS, flag).isPresent()) {
            throw refused(ExitCode.EXISTS, "the flag '" + flag + "' exists already");
        }
        step.own(step.own().with(LcdSection.FLAGS, flag, new Flag(flag)));
    }

    private void removeFlag(String flag) throws Refused {
        if (step.own().row(LcdSection.FLAGS, flag).isEmpty()) {
            throw refused(ExitCode.NOT_FOUND, "there is no flag '" + flag + "'; 'flg_list' shows the flags");
        }
        step.own(step.own().without(LcdSection.FLAGS, flag));
    }

    // ---- instances

    private void addInstance(LcdEdit.AddInstance add) throws Refused {
        if (!knows(add.application())) {
            throw noApplication(add.application());
        }
        ResourceType type = new ResourceType(add.application(), add.type());
        if (!knows(type)) {
            throw refused(
                    ExitCode.NOT_FOUND,
                    "there is no type '" + add.type() + "' of '" + add.application()
                            + "' here; 'typ_list' shows the types");
        }
        checkText("tag", add.tag());
        checkText("id", add.id());
        for (Instance other : step.own().instances().values()) {
            if (other.tag().equals(add.tag())) {
                throw refused(ExitCode.EXISTS, "there is already a resource '" + add.tag() + "' on " + step.self());
            }
            if (other.id().equals(add.id())) {
                throw refused(
                        ExitCode.EXISTS,
                        "the resource '" + other.tag() + "' on " + step.self() + " has the id '" + add.id()
                                + "' already");
            }
        }
        checkLock(add.tag());
        put(new ResourceType(add.application(), ""));
        put(type);
        step.own(step.own()
                .with(Instance.create(add.tag(), add.id(), add.application(), add.type())
                        .withInfo(add.info())
                        .withSettings(add.settings())));
    }

    private static void checkText(String what, String text) throws Refused {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= 0x20 && c <= 0x7e)) {
            throw refused(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + text + "' is not a" + (what.equals("id") ? "n " : " ") + what
                            + ": it must be printable ASCII and not empty");
        }
    }

    private static void checkSeconds(int seconds) throws Refused {
        if (seconds < 0 || seconds > InstanceSettings.MAX_CHECK_SECONDS) {
            throw refused(
                    ExitCode.INVALID_ARGUMENT,
                    "a check interval is 0 to " + InstanceSettings.MAX_CHECK_SECONDS + " seconds, not " + seconds);
        }
    }

    private Instance instance(String tag) throws Refused {
        Instance instance = step.instance(tag);
        if (instance == null) {
            throw refused(ExitCode.NOT_FOUND, "there is no resource '" + tag + "' on " + step.self() + "; " + TAGS);
        }
        return instance;
    }

    private void checkLock(String tag) throws Refused {
        String locked = Agreements.lock(step, tag);
        if (!locked.isEmpty()) {
            throw refused(ExitCode.IN_USE, locked);
        }
    }

    /** Changes what is not state: allowed also while an action runs, as actions call these commands themselves. */
    private void change(String tag, UnaryOperator<Instance> how) throws Refused {
        Instance instance = instance(tag);
        checkLock(tag);
        step.own(step.own().with(how.apply(instance)));
    }

    private void settings(String tag, UnaryOperator<InstanceSettings> how) throws Refused {
        change(tag, instance -> instance.withSettings(how.apply(instance.settings())));
    }

    private void setSwitchback(LcdEdit.SetSwitchback set) throws Refused {
        instance(set.tag());
        Set<String> parents = step.topology().parents(set.tag());
        if (!parents.isEmpty()) {
            // CMD-186
            throw refused(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + set.tag() + "' is not a root: " + String.join(", ", parents)
                            + " depends on it; name the root");
        }
        for (String tag : step.topology().withBelow(List.of(set.tag()))) {
            settings(tag, old -> old.withSwitchback(set.switchback()));
        }
    }

    private void setState(LcdEdit.SetState set) throws Refused {
        instance(set.tag());
        if (set.state() != InstanceState.ISP && set.state() != InstanceState.ISU && set.state() != InstanceState.OSU) {
            throw refused(ExitCode.INVALID_ARGUMENT, "the state can be set to ISP, ISU or OSU, not " + set.state());
        }
        Collection<String> tags = set.upward() ? step.topology().withAbove(List.of(set.tag())) : List.of(set.tag());
        Changes changes = new Changes(step);
        for (String tag : new ArrayList<>(tags)) {
            Instance wanted = instance(tag).withState(set.state(), set.reason(), step.at);
            Reply refusal = changes.refuseState(wanted);
            if (refusal != null) {
                throw new Refused(refusal);
            }
            changes.setState(wanted);
        }
    }

    // ---- dependencies

    private void addDependency(LcdEdit.AddDependency add) throws Refused {
        Instance parent = instance(add.parent());
        Instance child = instance(add.child());
        Dependency row = new Dependency(add.parent(), add.child());
        if (add.parent().equals(add.child())) {
            throw refused(ExitCode.INVALID_ARGUMENT, "'" + add.parent() + "' cannot depend on itself");
        }
        if (step.own().row(LcdSection.DEPENDENCIES, row.key()).isPresent()) {
            throw refused(ExitCode.EXISTS, "'" + add.parent() + "' depends on '" + add.child() + "' already");
        }
        if (step.topology().withBelow(List.of(add.child())).contains(add.parent())) {
            throw refused(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + add.child() + "' depends on '" + add.parent() + "', directly or through others: a cycle");
        }
        if (parent.state().inService() && !child.state().inService()) {
            // CMD-231
            throw refused(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + add.parent() + "' is in service and '" + add.child() + "' is not: bring '" + add.child()
                            + "' into service first");
        }
        checkLock(add.parent());
        checkLock(add.child());
        step.own(step.own().with(LcdSection.DEPENDENCIES, row.key(), row));
    }

    private void removeDependencies(LcdEdit.RemoveDependencies remove) throws Refused {
        if (!remove.parent().isEmpty()) {
            instance(remove.parent());
        }
        if (!remove.child().isEmpty()) {
            instance(remove.child());
        }
        List<Dependency> rows = step.own().rows(LcdSection.DEPENDENCIES).values().stream()
                .filter(row -> remove.parent().isEmpty() || row.parent().equals(remove.parent()))
                .filter(row -> remove.child().isEmpty() || row.child().equals(remove.child()))
                .toList();
        if (rows.isEmpty() && !remove.parent().isEmpty() && !remove.child().isEmpty()) {
            throw refused(
                    ExitCode.NOT_FOUND,
                    "'" + remove.parent() + "' does not depend on '" + remove.child()
                            + "'; 'dep_list' shows the dependencies");
        }
        for (Dependency row : rows) {
            checkLock(row.parent());
            checkLock(row.child());
            step.own(step.own().without(LcdSection.DEPENDENCIES, row.key()));
        }
    }
}
