package org.mainstay.shell.internal.view;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.shell.internal.view.Rows.DependencyRow;
import org.mainstay.shell.internal.view.Rows.ResourceRow;

/**
 * The hierarchies as lines of a tree, parents above their children. What hangs below several parents is drawn out once and
 * only named again afterwards, so that the tree never has more lines than there are resources and dependencies.
 */
public final class HierarchyTree {

    /**
     * A line.
     *
     * @param prefix line drawing
     * @param tag resource
     * @param repeated whether its children are drawn further up
     */
    public record Line(String prefix, String tag, boolean repeated) {}

    private final Map<String, Set<String>> children = new HashMap<>();
    private final Set<String> tags = new TreeSet<>();
    private final Set<String> drawn = new HashSet<>();
    private final List<Line> lines = new ArrayList<>();
    private final boolean unicode;

    private HierarchyTree(boolean unicode) {
        this.unicode = unicode;
    }

    /** Returns the lines: roots by tag, each followed by what it depends on. */
    public static List<Line> lines(List<ResourceRow> resources, List<DependencyRow> dependencies, boolean unicode) {
        HierarchyTree tree = new HierarchyTree(unicode);
        resources.forEach(row -> tree.tags.add(row.tag()));
        Set<String> withParents = new HashSet<>();
        for (DependencyRow row : dependencies) {
            tree.tags.add(row.parent());
            tree.tags.add(row.child());
            tree.children.computeIfAbsent(row.parent(), tag -> new TreeSet<>()).add(row.child());
            withParents.add(row.child());
        }
        tree.tags.stream().filter(tag -> !withParents.contains(tag)).forEach(root -> tree.draw(root, "", ""));
        // A cycle cannot be created, but a damaged copy of a peer may hold one: show its resources all the same.
        for (String tag : tree.tags) {
            if (!tree.drawn.contains(tag)) {
                tree.draw(tag, "", "");
            }
        }
        return tree.lines;
    }

    private void draw(String root, String rootPrefix, String rootIndent) {
        List<Pending> stack = new ArrayList<>();
        stack.add(new Pending(root, rootPrefix, rootIndent));
        while (!stack.isEmpty()) {
            Pending next = stack.remove(stack.size() - 1);
            List<String> below = List.copyOf(children.getOrDefault(next.tag, Set.of()));
            boolean first = drawn.add(next.tag);
            lines.add(new Line(next.prefix, next.tag, !first && !below.isEmpty()));
            if (!first) {
                continue;
            }
            for (int i = below.size() - 1; i >= 0; i--) {
                boolean last = i == below.size() - 1;
                stack.add(new Pending(below.get(i), next.indent + branch(last), next.indent + (last ? "   " : bar())));
            }
        }
    }

    private String branch(boolean last) {
        if (unicode) {
            return last ? "\u2514\u2500 " : "\u251c\u2500 ";
        }
        return last ? "`- " : "|- ";
    }

    private String bar() {
        return unicode ? "\u2502  " : "|  ";
    }

    /** Groups rows by tag, then server. */
    public static Map<String, Map<String, ResourceRow>> byTag(List<ResourceRow> resources) {
        Map<String, Map<String, ResourceRow>> rows = new LinkedHashMap<>();
        resources.forEach(row ->
                rows.computeIfAbsent(row.tag(), tag -> new LinkedHashMap<>()).put(row.server(), row));
        return rows;
    }

    private record Pending(String tag, String prefix, String indent) {}
}
