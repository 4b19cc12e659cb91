package dev.atelier.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import dev.atelier.Administrator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One headless Chromium for all browser tests of a run; every test gets a context of its own. */
final class Chromium {

    private static final Playwright PLAYWRIGHT =
            Playwright.create(
                    new Playwright.CreateOptions()
                            .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    private static final Browser BROWSER =
            PLAYWRIGHT
                    .chromium()
                    .launch(
                            new BrowserType.LaunchOptions()
                                    .setExecutablePath(executable())
                                    .setArgs(
                                            List.of(
                                                    "--no-sandbox",
                                                    "--disable-gpu",
                                                    "--disable-quic",
                                                    "--no-first-run",
                                                    "--disable-background-networking",
                                                    "--disable-component-update",
                                                    "--disable-sync")));

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(PLAYWRIGHT::close));
    }

    private Chromium() {}

    /** The administrator's browser. */
    static BrowserContext context(String base, ColorScheme scheme, int width, int height) {
        return BROWSER.newContext(
                options(base, scheme, width, height)
                        .setExtraHTTPHeaders(Map.of("Authorization", Administrator.AUTHORIZATION)));
    }

    /** The administrator's browser with JavaScript turned off. */
    static BrowserContext withoutScript(String base) {
        return BROWSER.newContext(
                options(base, ColorScheme.LIGHT, 1280, 900)
                        .setJavaScriptEnabled(false)
                        .setExtraHTTPHeaders(Map.of("Authorization", Administrator.AUTHORIZATION)));
    }

    /** The browser of somebody who is not signed in. */
    static BrowserContext stranger(String base, ColorScheme scheme, int width, int height) {
        return BROWSER.newContext(options(base, scheme, width, height));
    }

    private static Browser.NewContextOptions options(
            String base, ColorScheme scheme, int width, int height) {
        return new Browser.NewContextOptions()
                .setBaseURL(base)
                .setColorScheme(scheme)
                .setViewportSize(width, height);
    }

    /** Somebody whom the portal does not know yet. */
    static BrowserContext stranger(String base) {
        return BROWSER.newContext(
                new Browser.NewContextOptions().setBaseURL(base).setViewportSize(1280, 900));
    }

    private static Path executable() {
        return Stream.of(
                        System.getenv().getOrDefault("CHROMIUM", ""),
                        "/usr/bin/chromium",
                        "/usr/bin/chromium-browser",
                        "/usr/bin/google-chrome")
                .filter(path -> !path.isEmpty())
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "The browser tests need Chromium (Debian: chromium), or CHROMIUM=path."));
    }
}
