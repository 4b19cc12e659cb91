package dev.atelier.browser;

import com.microsoft.playwright.options.ColorScheme;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.models.Versions;
import dev.atelier.repositories.Author;
import dev.atelier.repositories.CommitWish;
import dev.atelier.repositories.Commits;
import dev.atelier.repositories.FileContent;
import dev.atelier.repositories.Repositories;
import io.quarkus.arc.Arc;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every page, as {@link Looks} looks at it. */
@QuarkusTest
@TestProfile(Seeded.class)
@QuarkusTestResource(TestDatabase.class)
@DisplayName("A page")
class PagesTest {

    private static final List<String> ADDRESSES =
            List.of(
                    "/",
                    "/no/such/page",
                    "/docs",
                    "/docs/model-interface",
                    "/docs/shortcuts",
                    "/catalog",
                    "/catalog?kind=model&q=penguin",
                    "/catalog?q=nothing-is-called-this",
                    "/catalog/problems",
                    "/catalog/locations",
                    "/catalog/default/group/vision",
                    "/catalog/default/component/no-such-component",
                    "/models/new",
                    "/imports",
                    "/imports/new",
                    "/docs/import-export",
                    "/models/penguin-species",
                    "/models/penguin-species/versions",
                    "/models/penguin-species/versions/1",
                    "/models/penguin-species/versions/1/promotion",
                    "/models/penguin-species/versions/1/lineage",
                    "/experiments/0/access",
                    "/access/new?on=experiment:default/0",
                    "/golden-paths",
                    "/golden-paths?q=nothing-is-called-this",
                    "/golden-paths/default/train-tabular-model",
                    "/golden-paths/actions",
                    "/golden-paths/actions/fetch:template",
                    "/admin/git-hosts",
                    "/tasks",
                    "/docs/golden-paths",
                    "/promotions",
                    "/monitoring",
                    "/incidents",
                    "/webhooks",
                    "/gates",
                    "/gates?team=group:default/vision",
                    "/models/penguin-species/try",
                    "/models/sentence-similarity/try",
                    "/models/handwritten-digit/try",
                    "/models/speech-detector/try",
                    "/models/text-finder/try",
                    "/docs/try-it",
                    "/models/penguin-species/observability",
                    "/models/penguin-species/observability/quality",
                    "/models/penguin-species/observability/compare",
                    "/welcome",
                    "/account",
                    "/notifications",
                    "/notifications?unread=true&topic=alias",
                    "/account/notifications",
                    "/repositories",
                    "/repositories?q=nothing-is-called-this",
                    "/repositories/vision/pages-empty",
                    "/repositories/vision/pages",
                    "/repositories/vision/pages?path=src/app.py",
                    "/repositories/vision/pages/commits",
                    "/repositories/vision/pages/commits/main",
                    "/repositories/vision/pages/branches",
                    "/repositories/vision/pages/access",
                    "/repositories/vision/pages/settings",
                    "/access/new?on=repository:default/vision/pages",
                    "/docs/repositories",
                    "/catalog?starred=true",
                    "/catalog/filters?kind=model&q=penguin",
                    "/admin/access?who=admin&what=audit:read",
                    "/access",
                    "/access/new?on=model:default/penguin-species",
                    "/models/penguin-species/access",
                    "/admin/people",
                    "/admin/audit",
                    "/admin/system");

    @Inject Versions versions;
    @Inject Repositories repositories;
    @Inject Commits commits;

    @BeforeEach
    void make_repositories() {
        if (repositories.find("vision", "pages").isPresent()) {
            return;
        }
        var context = Arc.container().requestContext();
        var asked = context.isActive();
        if (asked) {
            context.terminate(); // the portal makes them itself
        }
        try {
            repositories.create("group:default/vision", "pages-empty", "", "user:default/admin");
            var one =
                    repositories.create(
                            "group:default/vision",
                            "pages",
                            "Trains a model that finds scratches on parts",
                            "user:default/admin");
            var files =
                    Map.of(
                            "README.md",
                            FileContent.of(
                                    "# Scratches\n\n"
                                            + "Run `make`.\n\n"
                                            + "| a | b |\n"
                                            + "|---|---|\n"
                                            + "| 1 | 2 |\n"),
                            "src/app.py",
                            FileContent.of("def main():\n    print(%s)\n".formatted("'x' * 200")));
            commits.commit(one, CommitWish.adding("main", "Begin", Author.PORTAL, files));
            commits.commit(
                    one,
                    CommitWish.adding(
                            "main",
                            "Say what it does, in a line that is as long as those that people write"
                                    + " who think that it is read on a wide screen\n\n"
                                    + "And why.",
                            Author.PORTAL,
                            Map.of("src/app.py", FileContent.of("def main():\n    return 1\n"))));
        } finally {
            if (asked) {
                context.activate();
            }
        }
    }

    @BeforeEach
    void wait_for_the_seed_models() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(
                        () ->
                                Stream.of(
                                                "penguin-species",
                                                "sentence-similarity",
                                                "handwritten-digit",
                                                "speech-detector",
                                                "text-finder")
                                        .allMatch(model -> versions.serving(model).isPresent()));
    }

    @TestHTTPResource("/")
    String base;

    static Stream<String> addresses() {
        return ADDRESSES.stream();
    }

    @ParameterizedTest
    @MethodSource("addresses")
    void can_be_used_by_everyone(String address) {
        Looks.check(Chromium.context(base, ColorScheme.LIGHT, 1440, 900), address);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/models/penguin-species",
                "/models/penguin-species/versions/1",
                "/models/handwritten-digit/versions/1",
                "/imports/new"
            })
    void fits_a_phone(String address) {
        Looks.check(Chromium.context(base, ColorScheme.DARK, 390, 844), address);
    }

    @Test
    void lets_whoever_is_not_signed_in_do_so() {
        Looks.check(Chromium.stranger(base, ColorScheme.LIGHT, 1440, 900), "/login?next=/catalog");
    }
}
