package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Needs node and an npm registry: {@code mvn test -Dtest=CatalogClientTest
 * -Dsurefire.args="-Datelier.test.clients=true"}. Installs below {@code target}.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@Tag("clients")
@EnabledIfSystemProperty(named = "atelier.test.clients", matches = "true")
@DisplayName("The real @backstage/catalog-client")
class CatalogClientTest {

    private static final String PACKAGE = "@backstage/catalog-client@1.16.2";

    @Inject Entities entities;

    @TestHTTPResource("/")
    URI portal;

    @Test
    void works_unchanged() throws IOException, InterruptedException {
        entities.replaceAll(
                "client-test",
                List.of(
                        component("ct-a", "service"),
                        component("ct-b", "service"),
                        component("ct-c", "library")));
        var folder = Path.of("target/clients").toAbsolutePath();
        Files.createDirectories(folder);
        if (Files.notExists(folder.resolve("node_modules/@backstage/catalog-client"))) {
            run(
                    folder,
                    "npm",
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--prefix",
                    folder.toString(),
                    PACKAGE);
        }
        Files.copy(
                Path.of("src/test/clients/backstage-catalog.cjs"),
                folder.resolve("check.cjs"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        var said =
                run(
                        folder,
                        "node",
                        "check.cjs",
                        portal.toString().replaceAll("/$", ""),
                        Administrator.TOKEN);

        assertThat(said).endsWith("ok\n");
    }

    private static EntityDocument component(String name, String type) {
        var document = EntityDocument.of("backstage.io/v1alpha1", "Component", "default", name);
        document.spec().put("type", type).put("lifecycle", "production").put("owner", "ct-team");
        document.metadata().putArray("tags").add("client-test");
        return document;
    }

    private static String run(Path folder, String... command)
            throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        var said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }
}
