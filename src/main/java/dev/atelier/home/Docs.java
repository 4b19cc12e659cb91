package dev.atelier.home;

import dev.atelier.identity.Open;
import dev.atelier.platform.problems.NotFound;
import dev.atelier.platform.web.Markdown;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.RawString;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The project's own docs, as they stand in the repository. */
@Path("/docs")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@Open(value = Open.To.EVERYONE, because = "the project's own public docs")
public class Docs {

    /** In the order a newcomer reads them. */
    private static final List<Entry> ENTRIES =
            List.of(
                    new Entry("try-it", "Try it", "Forms, answers, explanations, calls."),
                    new Entry(
                            "monitoring",
                            "Monitoring",
                            "Drift and quality of models, wherever they run."),
                    new Entry("models", "Registering models", "Cards, scans, aliases, the API."),
                    new Entry(
                            "promotion",
                            "Promotion",
                            "Gates before aliases, approval, the way back."),
                    new Entry(
                            "model-interface",
                            "Interface files",
                            "What makes a good form on Try it."),
                    new Entry(
                            "webhooks",
                            "Webhooks",
                            "Calls to other systems when the registry changes."),
                    new Entry("ci", "CI", "Promote from GitHub Actions and GitLab."),
                    new Entry("serving", "Serving", "The runner, its confinement and its limits."),
                    new Entry("catalog", "Catalog", "Entity files, our kinds, the API."),
                    new Entry(
                            "notifications",
                            "Notifications",
                            "The bell, stars, digests, webhooks."),
                    new Entry("operations", "Operations", "Settings, database, blobs, containers."),
                    new Entry("security", "Security", "Who may do what, and what is not covered."),
                    new Entry("permissions", "Permissions", "Every route and what it needs."),
                    new Entry("benchmarks", "Benchmarks", "Figures and how they were taken."),
                    new Entry(
                            "architecture", "Architecture", "The house and where a line belongs."),
                    new Entry(
                            "experiments",
                            "Experiments and runs",
                            "Record from your code, find, compare, look into files."),
                    new Entry("repositories", "Repositories", "Clone, push, rights and limits."),
                    new Entry(
                            "golden-paths",
                            "Golden paths",
                            "Offer one, run Backstage's templates, actions, tasks."),
                    new Entry(
                            "shortcuts", "Keyboard shortcuts", "Getting around without a mouse."));

    private static final Pattern NAME = Pattern.compile("(adr/)?[a-z0-9-]{1,80}");
    private static final Pattern IMAGE = Pattern.compile("[a-z0-9-]{1,80}\\.png");

    /** A page of the docs. */
    public record Entry(String name, String title, String about) {}

    /** A page as it was drawn from this text. */
    private record Page(String text, String title, RawString body) {}

    /** No more than there are files of docs: only those are drawn. */
    private final Map<String, Page> pages = new ConcurrentHashMap<>();

    @CheckedTemplate(basePath = "home")
    static class Templates {
        static native TemplateInstance docs(List<Entry> entries);

        static native TemplateInstance doc(String title, RawString body);
    }

    @GET
    public TemplateInstance index() {
        return Templates.docs(
                ENTRIES.stream().filter(entry -> text(entry.name).isPresent()).toList());
    }

    @GET
    @Path("{name:.+}")
    public TemplateInstance page(@PathParam("name") String name) {
        var text =
                text(name)
                        .orElseThrow(
                                () ->
                                        new NotFound(
                                                "There is no page \"" + name + "\" in the docs."));
        var known = pages.get(name);
        if (known == null || !known.text.equals(text)) {
            known = page(name, text);
            pages.put(name, known);
        }
        return Templates.doc(known.title, known.body);
    }

    private static Page page(String name, String text) {
        var newline = text.indexOf('\n');
        var title = text.substring(0, newline).replace("#", "").replace("`", "").strip();
        var folder = name.startsWith("adr/") ? "/docs/adr/" : "/docs/";
        return new Page(
                text, title, Markdown.html(text.substring(newline), to -> address(folder, to), 2));
    }

    @GET
    @Path("images/{name}")
    @Produces("image/png")
    public Response image(@PathParam("name") String name) {
        if (!IMAGE.matcher(name).matches()) {
            throw new NotFound("There is no such picture in the docs.");
        }
        var stream = resource("docs/images/" + name);
        if (stream == null) {
            throw new NotFound("There is no such picture in the docs.");
        }
        return Response.ok(stream).header("Cache-Control", "max-age=3600").build();
    }

    private static String address(String folder, String to) {
        return to.contains(":") || to.startsWith("/")
                ? to
                : folder
                        + (to.endsWith(".md")
                                ? to.substring(0, to.length() - 3)
                                : to.replace(".md#", "#s-"));
    }

    private static Optional<String> text(String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        try (var stream = resource("docs/" + name + ".md")) {
            return stream == null
                    ? Optional.empty()
                    : Optional.of(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable InputStream resource(String path) {
        return Thread.currentThread().getContextClassLoader().getResourceAsStream(path);
    }
}
