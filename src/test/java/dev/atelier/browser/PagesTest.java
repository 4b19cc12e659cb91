package dev.atelier.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
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
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
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
                    "/catalog/default/group/vision",
                    "/catalog/default/component/no-such-component",
                    "/models/new",
                    "/models/penguin-species",
                    "/models/penguin-species/versions",
                    "/models/penguin-species/versions/1",
                    "/models/penguin-species/try",
                    "/models/sentence-similarity/try",
                    "/models/handwritten-digit/try",
                    "/models/speech-detector/try",
                    "/models/penguin-species/observability");

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
                                                "speech-detector")
                                        .allMatch(model -> versions.serving(model).isPresent()));
    }

    @TestHTTPResource("/")
    String base;

    record View(String address, ColorScheme scheme, int width) {
        String file() {
            var name = address.equals("/") ? "home" : address.substring(1).replaceAll("\\W+", "-");
            return "%s-%s-%d.png".formatted(name, scheme.name().toLowerCase(), width);
        }
    }

    static Stream<View> views() {
        return ADDRESSES.stream()
                .flatMap(
                        address ->
                                Stream.of(ColorScheme.LIGHT, ColorScheme.DARK)
                                        .flatMap(
                                                scheme ->
                                                        Stream.of(1440, 390)
                                                                .map(
                                                                        width ->
                                                                                new View(
                                                                                        address,
                                                                                        scheme,
                                                                                        width))));
    }

    @ParameterizedTest
    @MethodSource("views")
    void can_be_used_by_everyone(View view) {
        try (var context = Chromium.context(base, view.scheme, view.width, 900)) {
            var page = context.newPage();
            var complaints = new ArrayList<String>();
            page.onConsoleMessage(
                    message -> {
                        if (message.type().equals("error") && !message.text().contains("404")) {
                            complaints.add(message.text());
                        }
                    });
            page.onPageError(complaints::add);

            page.navigate(view.address);
            page.evaluate("document.fonts.ready");
            page.screenshot(
                    new Page.ScreenshotOptions()
                            .setFullPage(true)
                            .setPath(Path.of("target/screenshots", view.file())));

            var axe =
                    new AxeBuilder(page)
                            .withTags(
                                    List.of(
                                            "wcag2a",
                                            "wcag2aa",
                                            "wcag21aa",
                                            "wcag22aa",
                                            "best-practice"))
                            .analyze();
            assertThat(axe.getViolations())
                    .extracting(v -> v.getId() + ": " + v.getNodes().getFirst().getHtml())
                    .isEmpty();
            var overflow =
                    page.evaluate(
                            "document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assertThat(overflow).as("sideways scroll in px").isEqualTo(0);
            assertThat(complaints).isEmpty();
        }
    }
}
