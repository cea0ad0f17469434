package org.mainstay.shell.internal.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.view.Rows.DependencyRow;

class HierarchyTreeTest {

    private static List<String> lines(List<DependencyRow> dependencies, boolean unicode) {
        return HierarchyTree.lines(List.of(), dependencies, unicode).stream()
                .map(line -> line.prefix() + line.tag() + (line.repeated() ? " ^" : ""))
                .toList();
    }

    @Test
    void drawsWhatHangsBelowTwoParentsOnce() {
        List<DependencyRow> diamond = List.of(
                new DependencyRow("app", "db"),
                new DependencyRow("app", "web"),
                new DependencyRow("db", "disk"),
                new DependencyRow("disk", "lun"),
                new DependencyRow("web", "disk"));
        assertThat(lines(diamond, true))
                .containsExactly("app", "├─ db", "│  └─ disk", "│     └─ lun", "└─ web", "   └─ disk ^");
        assertThat(lines(diamond, false))
                .containsExactly("app", "|- db", "|  `- disk", "|     `- lun", "`- web", "   `- disk ^");
    }

    @Test
    void aCycleInADamagedCopyIsShownAndEnds() {
        assertThat(lines(List.of(new DependencyRow("a", "b"), new DependencyRow("b", "a")), true))
                .containsExactly("a", "└─ b", "   └─ a ^");
    }

    @Test
    void layersThatAllDependOnEachOtherDoNotExplode() {
        List<DependencyRow> dependencies = new ArrayList<>();
        for (int layer = 0; layer < 19; layer++) {
            for (int parent = 0; parent < 10; parent++) {
                for (int child = 0; child < 10; child++) {
                    dependencies.add(new DependencyRow("r" + layer + "-" + parent, "r" + (layer + 1) + "-" + child));
                }
            }
        }
        assertThat(lines(dependencies, true)).hasSize(10 + dependencies.size());
    }

    @Test
    void aChainOfTwoHundredIsDrawnToTheEnd() {
        List<DependencyRow> chain = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            chain.add(new DependencyRow("r" + i, "r" + (i + 1)));
        }
        assertThat(lines(chain, true)).hasSize(201);
    }
}
