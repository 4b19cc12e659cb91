package dev.atelier.transfer;

import dev.atelier.experiments.Metrics;
import dev.atelier.platform.blobs.Blobs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Folders as repositories of Hugging Face have them: each is a model, and what lies in it now a
 * version of it. Card, license, labels and examples are read when it is registered, as for any
 * upload; what the card says of where it comes from becomes tags.
 */
final class HuggingFaceFolders extends MlflowStore {

    private static final int LONGEST_CARD = 1 << 20;

    static final String LICENSE = "license";

    /** What of a card's head is kept: as tags, and the license as that. */
    private static final List<String> TAGS =
            List.of(
                    LICENSE,
                    "base_model",
                    "pipeline_tag",
                    "library_name",
                    "language",
                    "datasets",
                    "tags");

    private final Path root;
    private final String handedOver;
    private final List<Path> folders;

    /**
     * @param handedOver name of what was handed over, for a repository without a folder around it
     */
    HuggingFaceFolders(Path root, String handedOver, List<Path> folders, List<Unread> before)
            throws IOException {
        super(root, root, before);
        this.root = root;
        this.handedOver = handedOver.replaceAll("(?i)\\.(zip|tar|tgz|tar\\.gz)$", "");
        this.folders = folders.stream().sorted().toList();
    }

    static boolean is(Path folder) throws IOException {
        return Files.isRegularFile(folder.resolve("README.md"), LinkOption.NOFOLLOW_LINKS)
                && (Files.isRegularFile(folder.resolve("config.json"), LinkOption.NOFOLLOW_LINKS)
                        || model(folder)
                        || model(folder.resolve("onnx")));
    }

    private static boolean model(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (var files = Files.newDirectoryStream(folder, "*.{onnx,safetensors}")) {
            return files.iterator().hasNext();
        }
    }

    private String name(Path folder) {
        var name = folder.equals(root) ? null : folder.getFileName();
        return name == null ? handedOver : name.toString();
    }

    private Path folder(String model) throws IOException {
        for (var folder : folders) {
            if (name(folder).equals(model)) {
                return folder;
            }
        }
        throw new IOException("There is no folder of it.");
    }

    @Override
    public void registered(Visitor<Registered> visitor) throws IOException {
        var names = new ArrayList<String>();
        for (var folder : folders) {
            var name = name(folder);
            if (names.contains(name)) {
                cannotRead(
                        "model",
                        root.relativize(folder).toString(),
                        "Another folder has the same name.");
                continue;
            }
            names.add(name);
            visitor.see(new Registered(name, null, Map.of(), Map.of(), 0));
        }
    }

    @Override
    public void versions(Registered model, Visitor<Version> visitor) throws IOException {
        var folder = folder(model.name());
        visitor.see(
                new Version(
                        model.name(),
                        1,
                        null,
                        "None",
                        "hugging-face:" + model.name(),
                        "",
                        null,
                        null,
                        null,
                        tags(folder),
                        contents(folder)));
    }

    /** Another number for other files, so that a changed folder is a version of its own. */
    private long contents(Path folder) throws IOException {
        var all = new StringBuilder();
        visit(
                folder,
                file -> {
                    try (var in = file.opener().open()) {
                        all.append(file.path()).append(' ').append(Blobs.digest(in)).append('\n');
                    }
                });
        return Long.parseUnsignedLong(Texts.digest(all.toString()), 0, 15, 16);
    }

    private Map<String, String> tags(Path folder) {
        var tags = new LinkedHashMap<String, String>();
        try (var in = Files.newInputStream(inside(folder.resolve("README.md")))) {
            var text = new String(in.readNBytes(LONGEST_CARD), StandardCharsets.UTF_8);
            if (!text.startsWith("---\n") && !text.startsWith("---\r\n")) {
                return tags;
            }
            int end = text.indexOf("\n---", 4);
            if (end < 0) {
                return tags;
            }
            var options = new LoaderOptions();
            options.setAllowDuplicateKeys(false);
            options.setMaxAliasesForCollections(20);
            if (new Yaml(new SafeConstructor(options)).<Object>load(text.substring(4, end))
                    instanceof Map<?, ?> head) {
                for (var key : TAGS) {
                    var value = head.get(key);
                    if (value instanceof List<?> several) {
                        tags.put(
                                key,
                                String.join(", ", several.stream().map(String::valueOf).toList()));
                    } else if (value != null) {
                        tags.put(key, value.toString());
                    }
                }
            }
        } catch (IOException | YAMLException e) {
            cannotRead(
                    "other",
                    name(folder) + "/README.md",
                    "What its head says cannot be read: "
                            + Texts.shown(String.valueOf(e.getMessage()), 200));
        }
        return tags;
    }

    private void visit(Path folder, Visitor<File> visitor) throws IOException {
        below(
                inside(folder),
                file -> {
                    if (!file.path().startsWith(".git/") && !file.path().startsWith(".cache/")) {
                        visitor.see(file);
                    }
                });
    }

    @Override
    public void files(Version version, Visitor<File> visitor) throws IOException {
        visit(folder(version.model()), visitor);
    }

    // Nothing else -------------------------------------------------------------------------------

    @Override
    public void experiments(Visitor<Experiment> visitor) {
        // Repositories have none.
    }

    @Override
    public void runs(Experiment experiment, Visitor<BroughtRun> visitor) {
        throw new IllegalStateException("There are no runs");
    }

    @Override
    public void history(BroughtRun run, String key, Visitor<Metrics.Point> visitor) {
        throw new IllegalStateException("There are no runs");
    }

    @Override
    public void models(Experiment experiment, Visitor<BroughtModel> visitor) {
        throw new IllegalStateException("There are no runs");
    }

    @Override
    public void files(BroughtRun run, Visitor<File> visitor) {
        throw new IllegalStateException("There are no runs");
    }

    @Override
    public void files(BroughtModel model, Visitor<File> visitor) {
        throw new IllegalStateException("There are no runs");
    }

    @Override
    public long traces() {
        return 0;
    }
}
