package dev.atelier.bench;

import dev.atelier.Temporary;
import dev.atelier.faults.PortalProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jsoup.Jsoup;

/**
 * Process start to {@code GET /q/health/ready} = 200, polled every 10 ms; what the portal's process
 * holds then; and what a first visit of the landing page transfers.
 */
final class StartBench {

    private static final int STARTS = 7;

    private StartBench() {}

    public static void main(String... args) throws Exception {
        var data = Temporary.folder("atelier-bench");
        var setup = PortalProcess.Setup.on(data).home(Path.of("").toAbsolutePath());
        try (var portal = setup.start()) {
            System.out.printf(
                    "first start, database made, models imported later %5d ms%n",
                    portal.awaitReady());
            settle(portal);
            weigh(portal);
        }
        measure("warm, start-up cache", setup);
        System.setProperty("atelier.no-aot", "true");
        measure("warm, no start-up cache", setup);
        System.clearProperty("atelier.no-aot");
    }

    private static void measure(String label, PortalProcess.Setup setup) throws IOException {
        var times = new ArrayList<Long>();
        long resident = 0;
        long processor = 0;
        for (int i = 0; i < STARTS; i++) {
            try (var portal = setup.start()) {
                times.add(portal.awaitReady());
                resident = Math.max(resident, Processes.status(portal.pid(), "VmRSS:"));
                processor = Processes.processor(portal.pid());
            }
        }
        times.sort(null);
        System.out.printf(
                "%-26s median %5d ms, worst of %d %5d ms; RSS ≤ %d MB; processor %d ms%n",
                label, times.get(STARTS / 2), STARTS, times.getLast(), resident / 1024, processor);
    }

    /** Until the built-in models are imported, so that later starts have nothing left to do. */
    static void settle(PortalProcess portal) throws IOException {
        var until = System.nanoTime() + 120_000_000_000L;
        while (System.nanoTime() < until
                && portal.get("/api/v1/models", BodyHandlers.ofString())
                                .body()
                                .split("\"name\"")
                                .length
                        < 8) {
            Thread.onSpinWait();
            try {
                Thread.sleep(500);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        System.out.printf(
                "resident after the import of the built-in models      %5d MB%n",
                Processes.status(portal.pid(), "VmRSS:") / 1024);
    }

    private static void weigh(PortalProcess portal) throws IOException {
        long total = 0;
        var page = fetch(portal, "/");
        total += page.length;
        var html =
                new String(
                        new GZIPInputStream(new ByteArrayInputStream(page)).readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        var parts = new LinkedHashSet<String>();
        var document = Jsoup.parse(html);
        document.select("script[src], img[src]").forEach(e -> parts.add(e.attr("src")));
        document.select("link[rel=stylesheet], link[rel=icon]")
                .forEach(e -> parts.add(e.attr("href")));
        document.select("use[href]")
                .forEach(e -> parts.add(e.attr("href").replaceFirst("#.*", "")));
        var list = new ArrayList<String>(List.of("/ %d".formatted(page.length)));
        for (var part : parts) {
            if (part.startsWith("/")) {
                var bytes = fetch(portal, part).length;
                total += bytes;
                list.add("%s %d".formatted(part.replaceFirst("\\?.*", ""), bytes));
            }
        }
        System.out.printf(
                "first page load, compressed   %.1f KB in %d requests: %s%n",
                total / 1000.0, list.size(), list);
    }

    private static byte[] fetch(PortalProcess portal, String path) throws IOException {
        return portal.send(
                        HttpRequest.newBuilder(portal.address(path))
                                .header("Accept-Encoding", "gzip")
                                .header("Accept", "text/html,*/*"),
                        BodyHandlers.ofByteArray())
                .body();
    }
}
