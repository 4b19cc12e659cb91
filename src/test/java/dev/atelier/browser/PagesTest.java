package dev.atelier.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.atelier.Seeded;
import dev.atelier.TestDatabase;
import dev.atelier.models.Versions;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every page, in both themes, wide and on a phone: no accessibility violation (WCAG 2.2 AA), no
 * sideways scroll, no message on the console (a broken content security policy shows there).
 */
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
                    "/models/penguin-species",
                    "/models/penguin-species/versions",
                    "/models/penguin-species/versions/1",
                    "/models/penguin-species/versions/1/promotion",
                    "/promotions",
                    "/gates",
                    "/gates?team=group:default/vision",
                    "/models/penguin-species/try",
                    "/models/sentence-similarity/try",
                    "/models/handwritten-digit/try",
                    "/models/speech-detector/try",
                    "/models/text-finder/try",
                    "/docs/try-it",
                    "/models/penguin-species/observability",
                    "/welcome",
                    "/account",
                    "/notifications",
                    "/notifications?unread=true&topic=alias",
                    "/account/notifications",
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
        check(Chromium.context(base, ColorScheme.LIGHT, 1440, 900), address);
    }

    @Test
    void lets_whoever_is_not_signed_in_do_so() {
        check(Chromium.stranger(base, ColorScheme.LIGHT, 1440, 900), "/login?next=/catalog");
    }

    private void check(BrowserContext visit, String address) {
        try (var context = visit) {
            var page = context.newPage();
            var complaints = new ArrayList<String>();
            page.onConsoleMessage(
                    message -> {
                        if (message.type().equals("error") && !message.text().contains("404")) {
                            complaints.add(message.text());
                        }
                    });
            page.onPageError(complaints::add);
            page.navigate(address);
            for (var width : List.of(1440, 390)) {
                page.setViewportSize(width, 900);
                for (var scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                    page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
                    look(page, file(address, scheme, width), complaints);
                }
            }
            assertThat(complaints).isEmpty();
        }
    }

    private static void look(Page page, String file, List<String> complaints) {
        page.evaluate("document.fonts.ready");
        page.screenshot(
                new Page.ScreenshotOptions()
                        .setFullPage(true)
                        .setPath(Path.of("target/screenshots", file)));
        var violations =
                new AxeBuilder(page)
                        .setLegacyMode(true)
                        .withTags(
                                List.of(
                                        "wcag2a",
                                        "wcag2aa",
                                        "wcag21aa",
                                        "wcag22aa",
                                        "best-practice"))
                        .analyze()
                        .getViolations();
        for (var violation : violations) {
            complaints.add(
                    file
                            + ": "
                            + violation.getId()
                            + ": "
                            + violation.getNodes().getFirst().getHtml());
        }
        var overflow =
                page.evaluate(
                        "document.documentElement.scrollWidth - document.documentElement.clientWidth");
        if (!overflow.equals(0)) {
            complaints.add(file + ": scrolls sideways by " + overflow + " px");
        }
    }

    private static String file(String address, ColorScheme scheme, int width) {
        var name = address.equals("/") ? "home" : address.substring(1).replaceAll("\\W+", "-");
        return "%s-%s-%d.png".formatted(name, scheme.name().toLowerCase(Locale.ROOT), width);
    }
}
