package org.mainstay.core.decision;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The decision core has no clock, no thread, no I/O, no random and no log (design.md section 3). */
class PurityTest {
    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.mainstay.core.decision");

    @Test
    void importsOnlyValuesAndCollections() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages(
                        "java.lang",
                        "java.lang.invoke",
                        "java.lang.runtime",
                        "java.util",
                        "java.util.function",
                        "java.util.stream",
                        "org.mainstay.cluster",
                        "org.mainstay.cluster.lcd",
                        "org.mainstay.core.decision..")
                .check(CORE);
    }

    @Test
    void callsNothingThatDiffersFromCallToCall() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.UUID")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.Thread")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "identityHashCode", Object.class)
                .check(CORE);
    }

    @Test
    void iteratesNothingWhoseOrderDiffersFromRunToRun() {
        noClasses()
                .should()
                .callMethod(java.util.Map.class, "copyOf", java.util.Map.class)
                .orShould()
                .callMethod(java.util.Set.class, "copyOf", java.util.Collection.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.HashSet")
                .check(CORE);
    }

    @Test
    void stateAndMessagesAreValues() {
        List<JavaClass> others = CORE.stream()
                .filter(type -> type.getPackageName().matches(".*decision\\.(state|event|effect|message)"))
                .filter(type -> !type.isRecord() && !type.isEnum() && !type.isInterface())
                .filter(type -> !type.getSimpleName().equals("Notices")
                        && !type.getSimpleName().equals("package-info")
                        && !type.getModifiers().contains(JavaModifier.SYNTHETIC)
                        && !type.isAnonymousClass())
                .toList();
        assertThat(others).isEmpty();
    }
}
