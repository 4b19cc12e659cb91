package dev.atelier.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.atelier.Administrator;
import dev.atelier.Installed;
import dev.atelier.TestDatabase;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Needs Node.js with npm and a registry of its packages; where there is no Node.js, nothing is
 * tested and the report says so. The client is installed once, into the user's cache folder.
 */
@QuarkusTest
@QuarkusTestResource(TestDatabase.class)
@DisplayName("The real @backstage/catalog-client")
class CatalogClientTest {

    private static final String VERSION = "1.16.2";

    @Inject Entities entities;

    @TestHTTPResource("/")
    URI portal;

    @Test
    void works_unchanged() throws IOException, InterruptedException {
        Installed.require(found("node") && found("npm"), "Node.js with npm is not installed");
        entities.replaceAll(
                "client-test",
                List.of(
                        component("ct-a", "service"),
                        component("ct-b", "service"),
                        component("ct-c", "library")));
        var folder =
                Path.of(
                        System.getenv()
                                .getOrDefault(
                                        "XDG_CACHE_HOME",
                                        System.getProperty("user.home") + "/.cache"),
                        "atelier",
                        "backstage-catalog-client-" + VERSION);
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
                    "@backstage/catalog-client@" + VERSION);
        }
        Files.copy(
                Path.of("src/test/clients/backstage-catalog.cjs"),
                folder.resolve("check.cjs"),
                StandardCopyOption.REPLACE_EXISTING);

        var said =
                run(
                        folder,
                        "node",
                        "check.cjs",
                        portal.toString().replaceAll("/$", ""),
                        Administrator.TOKEN);

        assertThat(said).endsWith("ok\n");
    }

    private static boolean found(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
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
