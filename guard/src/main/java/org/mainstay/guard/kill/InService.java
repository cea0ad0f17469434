package org.mainstay.guard.kill;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the manager said is in service here, with how each can be ended. Immutable. A handle of the kind {@code
 * HIERARCHY} ends nothing: resources that name the same one belong together.
 *
 * @param byTag as received, also resources without handles
 * @param unknown why it is not known whether something is in service, and how to end that is not either; empty if it is known
 */
public record InService(Map<String, List<String>> byTag, String unknown) {
    private static final String HIERARCHY = "HIERARCHY\t";

    public InService {
        byTag = new LinkedHashMap<>(byTag);
    }

    public InService(Map<String, List<String>> byTag) {
        this(byTag, "");
    }

    /** Nobody knows what is in service. */
    public static InService unknown(String why) {
        return new InService(Map.of(), why);
    }

    /** Returns whether certainly nothing is in service. */
    public boolean isEmpty() {
        return byTag.isEmpty() && unknown.isEmpty();
    }

    /** Returns what can be executed for the resource. */
    public List<String> handles(String tag) {
        return byTag.getOrDefault(tag, List.of()).stream()
                .filter(handle -> !handle.startsWith(HIERARCHY))
                .toList();
    }

    /**
     * Returns what handles belong to, so that what belongs together is ended in order: the hierarchy of a resource that has one
     * of them; the handles themselves if nothing here has.
     */
    public String lane(List<String> handles) {
        for (String tag : byTag.keySet()) {
            if (handles.stream().anyMatch(byTag.get(tag)::contains)) {
                return lane(tag);
            }
        }
        return String.join(" ", handles);
    }

    /** Returns what a resource belongs to: its hierarchy, or itself. */
    public String lane(String tag) {
        return hierarchy(tag).orElse(tag).replace('\t', ' ');
    }

    private Optional<String> hierarchy(String tag) {
        return byTag.get(tag).stream()
                .filter(handle -> handle.startsWith(HIERARCHY))
                .findFirst();
    }

    /** Returns the reservation areas of all volumes. */
    public Set<String> areas() {
        Set<String> areas = new LinkedHashSet<>();
        byTag.keySet()
                .forEach(tag -> handles(tag).forEach(handle -> {
                    String area = area(handle);
                    // A device that is reserved by commands has none.
                    if (area.startsWith("/")) {
                        areas.add(area);
                    }
                }));
        return areas;
    }

    /** Returns the resources whose volume is reserved in the area. */
    public List<String> users(String area) {
        return byTag.keySet().stream()
                .filter(tag -> handles(tag).stream().anyMatch(handle -> uses(handle, area)))
                .toList();
    }

    private static boolean uses(String handle, String area) {
        return area(handle).equals(area);
    }

    private static String area(String handle) {
        String[] words = handle.split("\t", -1);
        return words[0].equals("MOUNT") && words.length > 3 ? words[3] : "";
    }

    /**
     * Returns the handles that end whoever may write to the storage of the area: all of its users, and the control
     * groups of everything in their hierarchies, or of everything here where a user's hierarchy is not known.
     */
    public List<String> endingUsersOf(String area) {
        List<String> users = users(area);
        Set<String> handles = new LinkedHashSet<>();
        users.forEach(tag -> handles.addAll(handles(tag)));
        boolean all = users.stream().anyMatch(tag -> hierarchy(tag).isEmpty());
        Set<String> hierarchies = new LinkedHashSet<>();
        users.forEach(tag -> hierarchy(tag).ifPresent(hierarchies::add));
        for (String tag : users.isEmpty() ? Set.<String>of() : byTag.keySet()) {
            if (all || hierarchy(tag).filter(hierarchies::contains).isPresent()) {
                handles(tag).stream()
                        .filter(handle -> handle.startsWith("CGROUP\t"))
                        .forEach(handles::add);
            }
        }
        return new ArrayList<>(handles);
    }
}
