package dev.atelier;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
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
                    "webhooks",
                    "transfer",
                    "models",
                    "sharing",
                    "experiments",
                    "datasets",
                    "workspaces",
                    "goldenpaths",
                    "githosts",
                    "repositories",
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
                        "dev.atelier.confinement..",
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
    void keeps_confinement_on_nothing() {
        classes()
                .that()
                .resideInAPackage("dev.atelier.confinement..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.atelier.confinement..", "java..", "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void keeps_rendering_on_its_engine() {
        classes()
                .that()
                .resideInAPackage("dev.atelier.rendering..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.atelier.rendering..",
                        "dev.atelier.confinement..",
                        "java..",
                        "org.mozilla.javascript..",
                        "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void renders_templates_in_their_own_process_only() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.atelier.rendering..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.atelier.rendering..", "org.mozilla.javascript..")
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

    /** Commands are lists of words, and started in a few places that are looked at. */
    @Test
    void starts_programs_in_few_places() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.atelier.platform.database.PostgresServer")
                .and()
                .doNotHaveFullyQualifiedName("dev.atelier.serving.Sandbox")
                .and()
                .resideOutsideOfPackage("dev.atelier.platform.confinement..")
                .and()
                // It tries in vain, inside the sandbox.
                .resideOutsideOfPackage("dev.atelier.confinement..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.ProcessBuilder")
                .orShould()
                .callMethod(Runtime.class, "exec", String.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String[].class)
                .check(CLASSES);
    }

    /** There is no reader of XML that a DOCTYPE could lead astray. */
    @Test
    void reads_no_xml() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("javax.xml..", "org.w3c.dom..", "org.xml.sax..", "org.dom4j..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.beans.XMLDecoder")
                .check(CLASSES);
    }

    /** No JSON or YAML document names the class that it becomes. */
    @Test
    void lets_no_document_choose_a_class() {
        noClasses()
                .should()
                .callMethodWhere(
                        target(
                                        nameMatching(
                                                "activateDefaultTyping.*|enableDefaultTyping.*|setDefaultTyping"))
                                .as("switches default typing on"))
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("org.yaml.snakeyaml.constructor.Constructor")
                .check(CLASSES);
        for (var type : CLASSES) {
            var info = type.tryGetAnnotationOfType(JsonTypeInfo.class);
            if (info.isPresent()) {
                assertThat(info.get().use())
                        .as(type.getName())
                        .isIn(JsonTypeInfo.Id.NAME, JsonTypeInfo.Id.SIMPLE_NAME);
            }
        }
    }

    @Test
    void has_no_cycles() {
        slices().matching("dev.atelier.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
