package dev.atelier;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("The house")
class ArchitectureTest {

    /** From the top to the ground: a package may use what stands below it, never above. */
    private static final List<String> ORDER =
            List.of(
                    "home",
                    "sites",
                    "monitoring",
                    "sandbox",
                    "serving",
                    "models",
                    "sharing",
                    "experiments",
                    "datasets",
                    "workspaces",
                    "goldenpaths",
                    "catalog",
                    "notifications",
                    "identity",
                    "platform");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.atelier");

    @TestFactory
    Stream<DynamicTest> uses_only_what_stands_below() {
        return ORDER.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> below(name).check(CLASSES)));
    }

    private static com.tngtech.archunit.lang.ArchRule below(String name) {
        var above =
                ORDER.subList(0, ORDER.indexOf(name)).stream()
                        .map(other -> "dev.atelier." + other + "..")
                        .toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage("dev.atelier." + name + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(above)
                .allowEmptyShould(true);
    }

    @Test
    void starts_the_runner_but_never_calls_it() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.atelier.runner..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.atelier.runner..")
                .check(CLASSES);
    }

    @Test
    void keeps_the_runner_on_inference_and_the_platform_it_stands_on() {
        classes()
                .that()
                .resideInAPackage("dev.atelier.runner..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.atelier.runner..",
                        "dev.atelier.inference..",
                        "java..",
                        "javax.imageio..",
                        "com.fasterxml.jackson..",
                        "ai.onnxruntime..",
                        "ai.djl..",
                        "com.twelvemonkeys.imageio..",
                        "org.jspecify..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void keeps_inference_on_nothing() {
        classes()
                .that()
                .resideInAPackage("dev.atelier.inference..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.atelier.inference..",
                        "java..",
                        "com.fasterxml.jackson..",
                        "org.jspecify..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void loads_onnx_runtime_in_the_runner_only() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.atelier.runner..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.onnxruntime..")
                .check(CLASSES);
    }

    @Test
    void decodes_pictures_in_the_runner_only() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.atelier.runner..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("javax.imageio..", "com.twelvemonkeys..")
                .check(CLASSES);
    }

    @Test
    void deserializes_no_java_objects() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectInputStream")
                .check(CLASSES);
    }

    @Test
    void has_no_cycles() {
        slices().matching("dev.atelier.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
