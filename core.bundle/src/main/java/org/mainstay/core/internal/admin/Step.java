package org.mainstay.core.internal.admin;

import java.util.List;
import java.util.Map;
import org.mainstay.cluster.lcd.InstanceSettings;

/**
 * A step of a configuration change that one server asks of another (topic {@code admin}); JSON on the wire. Steps change nothing
 * that lasts except {@link Run}; the databases change by the core's prepare and commit.
 */
sealed interface Step {
    /** Topic of these messages. */
    String TOPIC = "admin";

    /** Takes locks. */
    record Lock(String operation, String who, String what, List<String> keys) implements Step {}

    /** Gives up all locks of the operation. */
    record Unlock(String operation) implements Step {}

    /**
     * Asks the kits of the target of an extend, children first; the answer has one item for each.
     *
     * @param holders servers that hold the hierarchy: the target must reach them
     */
    record Extend(String operation, List<String> holders, List<Item> items) implements Step {}

    /** Runs {@code unextend} or {@code delete} of the kits on instances, in this order. */
    record Run(String action, List<String> tags) implements Step {}

    /** Asks the kit whether an instance could have these properties. */
    record Validate(String tag, Map<String, String> properties) implements Step {}

    /** Takes the administrative lock; refused (8) with the flag of its holder as the message. */
    record AdminLock(org.mainstay.core.internal.admin.AdminLock.Holder holder) implements Step {}

    /** Gives up the administrative lock; refused (7) if the operation does not hold it. */
    record AdminUnlock(String operation) implements Step {}

    /** Runs the global scripts after an event (FLG-031). */
    record PostScripts(String event, List<String> arguments) implements Step {
        public PostScripts {
            arguments = List.copyOf(arguments);
        }
    }

    /** Asks whether an address is on an interface of the server. */
    record HasAddress(String address) implements Step {}

    /** Looks after the device of a shared-disk comm path; see {@code GuardControl.disk}. @param path id of the path */
    record DiskArea(String verb, String device, String path) implements Step {}

    /**
     * A resource of a hierarchy that is to be extended.
     *
     * @param properties of the template instance; in an answer those of the new instance
     * @param answers of the operator for the target
     * @param children tags of its children
     */
    record Item(
            String tag,
            String id,
            String application,
            String type,
            String kitVersion,
            InstanceSettings settings,
            Map<String, String> properties,
            Map<String, String> answers,
            List<String> children) {
        public Item {
            properties = Map.copyOf(properties);
            answers = Map.copyOf(answers);
            children = List.copyOf(children);
        }

        Item extended(String newId, String version, Map<String, String> newProperties) {
            return new Item(tag, newId, application, type, version, settings, newProperties, Map.of(), children);
        }
    }

    /**
     * Answer to a step.
     *
     * @param exitCode 0, or why not as for operators
     * @param text further answer of steps that have one
     */
    record Answer(int exitCode, String message, List<String> remarks, List<Item> items, String text) {
        static Answer done(String message) {
            return new Answer(0, message, List.of(), List.of(), "");
        }

        static Answer refused(int exitCode, String message) {
            return new Answer(exitCode, message, List.of(), List.of(), "");
        }
    }
}
