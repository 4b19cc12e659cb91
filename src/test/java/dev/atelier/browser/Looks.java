package dev.atelier.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Looks at a page in both themes, wide and on a phone: no accessibility violation (WCAG 2.2 AA), no
 * sideways scroll, no message on the console (a broken content security policy shows there).
 */
final class Looks {

    /** The dark theme differs in its colours alone, and is held to the rule about those. */
    private static final List<String> RULES =
            List.of("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice");

    private Looks() {}

    static void check(BrowserContext visit, String address) {
        try (var context = visit) {
            var page = context.newPage();
            var complaints = new ArrayList<String>();
            page.onConsoleMessage(
                    message -> {
                        if (message.type().equals("error")
                                && !message.text().matches(".*status of 4(04|22).*")) {
                            complaints.add(message.text());
                        }
                    });
            page.onPageError(complaints::add);
            page.navigate(address);
            var name = address.equals("/") ? "home" : address.substring(1).replaceAll("\\W+", "-");
            look(page, name, complaints);
            assertThat(complaints).isEmpty();
        }
    }

    /**
     * A page in the middle of a journey. Its console is the journey's own to watch.
     *
     * @param state names the screenshots
     */
    static void check(Page page, String state) {
        var before = page.viewportSize();
        var complaints = new ArrayList<String>();
        look(page, state, complaints);
        assertThat(complaints).isEmpty();
        page.setViewportSize(before.width, before.height);
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
    }

    private static void look(Page page, String name, List<String> complaints) {
        for (var width : List.of(1440, 390)) {
            page.setViewportSize(width, 900);
            for (var scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
                shoot(
                        page,
                        scheme,
                        "%s-%s-%d.png"
                                .formatted(name, scheme.name().toLowerCase(Locale.ROOT), width),
                        complaints);
            }
        }
    }

    private static void shoot(Page page, ColorScheme scheme, String file, List<String> complaints) {
        page.evaluate("document.fonts.ready");
        // Where a journey left it, the bar at the top may cover what is looked at.
        page.evaluate("scrollTo(0, 0)");
        page.screenshot(
                new Page.ScreenshotOptions()
                        .setFullPage(true)
                        .setPath(Path.of("target/screenshots", file)));
        var axe = new AxeBuilder(page).setLegacyMode(true);
        var violations =
                (scheme == ColorScheme.LIGHT
                                ? axe.withTags(RULES)
                                : axe.withRules(List.of("color-contrast")))
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
}
