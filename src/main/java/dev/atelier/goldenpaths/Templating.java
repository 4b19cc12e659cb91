package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes files of templates of files: their names and contents are rendered. */
final class Templating {

    /** JSON Schema of the members that all actions of this kind share. */
    static final String MEMBERS =
            """
            "targetPath": {"type": "string", "title": "Where to, in the task's files"},
            "values": {"type": "object", "title": "What the templates see as values"},
            "copyWithoutRender": {"type": "array", "items": {"type": "string"},
              "title": "Patterns of files whose names and contents stay as they are"},
            "copyWithoutTemplating": {"type": "array", "items": {"type": "string"},
              "title": "Patterns of files whose contents stay as they are"},
            "cookiecutterCompat": {"type": "boolean",
              "title": "Written for cookiecutter: {{ cookiecutter.name }}"},
            "templateFileExtension": {"anyOf": [{"type": "boolean"}, {"type": "string"}],
              "title": "Renders files with this extension only, and drops it; true for .njk"},
            "replace": {"type": "boolean", "title": "Replaces files that are there"},
            "trimBlocks": {"type": "boolean", "title": "Drops the line break after a block tag"},
            "lstripBlocks": {"type": "boolean", "title": "Drops blanks before a block tag"}
            """;

    /** Texts of one request to the rendering process. */
    private static final int PORTION = 1 << 18;

    private final ActionContext context;
    private final ObjectNode seen = JsonNodeFactory.instance.objectNode();
    private final Rendering.Blocks blocks;
    private final Globs asIs;
    private final Globs unrendered;
    private final @Nullable String extension;
    private final boolean replace;

    Templating(ActionContext context) {
        this.context = context;
        var input = context.input();
        boolean cookiecutter = input.path("cookiecutterCompat").asBoolean();
        var values = input.path("values");
        seen.set(
                cookiecutter ? "cookiecutter" : "values",
                values.isObject() ? values : JsonNodeFactory.instance.objectNode());
        blocks =
                new Rendering.Blocks(
                        input.path("trimBlocks").asBoolean(),
                        input.path("lstripBlocks").asBoolean(),
                        cookiecutter);
        asIs = new Globs(BuiltIn.texts(input.path("copyWithoutRender")));
        unrendered = new Globs(BuiltIn.texts(input.path("copyWithoutTemplating")));
        extension = extension(input.path("templateFileExtension"));
        replace = input.path("replace").asBoolean();
    }

    private static @Nullable String extension(JsonNode given) {
        if (given.isTextual() && !given.asText().isEmpty()) {
            return given.asText().startsWith(".") ? given.asText() : "." + given.asText();
        }
        return given.asBoolean() ? ".njk" : null;
    }

    /** Renders all and writes them below the target; says how many. */
    int write(List<Skeleton.Material> files, String target) throws ActionFailed, IOException {
        context.workspace().path(target);
        int written = 0;
        var portion = new ArrayList<Skeleton.Material>();
        int size = 0;
        for (var file : files) {
            if (asIs.match(file.path())) {
                written += put(target, file.path(), file.content(), file.executable());
                continue;
            }
            portion.add(file);
            size += file.content().length;
            if (size > PORTION) {
                written += render(portion, target);
                portion.clear();
                size = 0;
            }
        }
        return written + render(portion, target);
    }

    private int render(List<Skeleton.Material> files, String target)
            throws ActionFailed, IOException {
        if (files.isEmpty()) {
            return 0;
        }
        var texts = new ArrayList<Rendering.Text>();
        for (var file : files) {
            boolean template =
                    !Skeleton.isBinary(file.content())
                            && !unrendered.match(file.path())
                            && (extension == null || file.path().endsWith(extension));
            texts.add(
                    new Rendering.Text(
                            template && extension != null
                                    ? file.path()
                                            .substring(0, file.path().length() - extension.length())
                                    : file.path(),
                            template ? new String(file.content(), StandardCharsets.UTF_8) : null));
        }
        List<Rendering.Text> rendered;
        try {
            rendered = context.rendering().texts(seen, texts, blocks);
        } catch (WrongExpression e) {
            throw new ActionFailed(String.valueOf(e.getMessage()));
        }
        int written = 0;
        for (int i = 0; i < files.size(); i++) {
            var file = files.get(i);
            var made = rendered.get(i);
            // A name or a folder that renders to nothing says: not this one.
            if (made.name().isEmpty()
                    || made.name().endsWith("/")
                    || made.name().startsWith("/")
                    || made.name().contains("//")) {
                continue;
            }
            written +=
                    put(
                            target,
                            made.name(),
                            made.text() == null
                                    ? file.content()
                                    : made.text().getBytes(StandardCharsets.UTF_8),
                            file.executable());
        }
        return written;
    }

    private int put(String target, String path, byte[] content, boolean executable)
            throws ActionFailed, IOException {
        var name = FetchPlain.under(target, path);
        if (!replace && Files.exists(context.workspace().path(name))) {
            context.log("%s is there already and stays.".formatted(name));
            return 0;
        }
        context.workspace().write(name, content, executable);
        return 1;
    }
}
