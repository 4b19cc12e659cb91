package dev.atelier.transfer;

import dev.atelier.experiments.Metrics;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** The small files of a file store: YAML of one level, texts, and lines of points. */
final class FileStoreReader {

    static final String META = "meta.yaml";
    private static final int LARGEST_YAML = 32 << 20;
    private static final int LARGEST_TEXT = 1 << 20;
    private static final int MOST_KEYS = 20_000;
    private static final int LONGEST_TEXTS = 16 << 20;

    private final MlflowStore store;

    /**
     * @param store whose files are read, and none beside them
     */
    FileStoreReader(MlflowStore store) {
        this.store = store;
    }

    private byte[] bytes(Path file, int most) throws IOException {
        try (var in = Files.newInputStream(store.inside(file), LinkOption.NOFOLLOW_LINKS)) {
            var bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new IOException(file.getFileName() + " is longer than " + most + " bytes.");
            }
            return bytes;
        }
    }

    private String text(Path file) throws IOException {
        return new String(bytes(file, LARGEST_TEXT), StandardCharsets.UTF_8);
    }

    Map<?, ?> yaml(Path folder) throws IOException {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(20);
        options.setCodePointLimit(LARGEST_YAML);
        try {
            var read =
                    new Yaml(new SafeConstructor(options))
                            .<Object>load(
                                    new String(
                                            bytes(folder.resolve(META), LARGEST_YAML),
                                            StandardCharsets.UTF_8));
            if (read instanceof Map<?, ?> map) {
                return map;
            }
            throw new IOException("Its meta.yaml holds no fields.");
        } catch (YAMLException e) {
            throw new IOException(
                    "Its meta.yaml cannot be read: "
                            + Texts.shown(String.valueOf(e.getMessage()), 200));
        } catch (NoSuchFileException e) {
            throw new IOException("It has no meta.yaml.");
        }
    }

    static String text(Map<?, ?> yaml, String key) {
        var value = yaml.get(key);
        return value == null ? "" : value.toString();
    }

    static @Nullable String orNull(Map<?, ?> yaml, String key) {
        var value = yaml.get(key);
        return value == null || value.toString().isEmpty() ? null : value.toString();
    }

    static long number(Map<?, ?> yaml, String key) {
        return yaml.get(key) instanceof Number number ? number.longValue() : 0;
    }

    /** Folders in a folder, by name. */
    static List<Path> folders(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        var all = new ArrayList<Path>();
        try (var children =
                Files.newDirectoryStream(
                        folder, one -> Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS))) {
            children.forEach(all::add);
        }
        all.sort(null);
        return all;
    }

    static List<Path> some(Path folder) throws IOException {
        var all = folders(folder);
        if (all.size() > 1_000) {
            throw new IOException("It has more than 1,000 %s.".formatted(folder.getFileName()));
        }
        return all;
    }

    static String name(Path path) {
        return path.getFileName().toString();
    }

    /** A file for each key; a key with a slash lies in folders. */
    Map<String, Path> keys(Path folder) throws IOException {
        var keys = new TreeMap<String, Path>();
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            store.below(
                    folder,
                    file -> {
                        if (keys.size() == MOST_KEYS) {
                            throw new IOException(
                                    "It has more than %,d %s."
                                            .formatted(MOST_KEYS, folder.getFileName()));
                        }
                        keys.put(file.path(), folder.resolve(file.path()));
                    });
        }
        return keys;
    }

    Map<String, String> pairs(Path folder) throws IOException {
        var pairs = new LinkedHashMap<String, String>();
        long length = 0;
        for (var key : keys(folder).entrySet()) {
            var text = text(key.getValue());
            length += text.length();
            if (length > LONGEST_TEXTS) {
                throw new IOException(
                        "Its %s are longer than 16 MiB together.".formatted(folder.getFileName()));
            }
            pairs.put(key.getKey(), text);
        }
        return pairs;
    }

    @FunctionalInterface
    interface Fields {
        void see(String[] fields) throws IOException;
    }

    void lines(Path file, Fields visitor) throws IOException {
        try (var in = Files.newInputStream(store.inside(file), LinkOption.NOFOLLOW_LINKS);
                var reader =
                        new BufferedReader(
                                new InputStreamReader(
                                        new Lines(in),
                                        StandardCharsets.UTF_8
                                                .newDecoder()
                                                .onMalformedInput(CodingErrorAction.REPLACE)))) {
            for (String line; (line = reader.readLine()) != null; ) {
                if (!line.isBlank()) {
                    visitor.see(line.strip().split(" "));
                }
            }
        }
    }

    /** Ends a file whose lines are longer than any point. */
    private static final class Lines extends FilterInputStream {
        private int length;

        Lines(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] into, int offset, int size) throws IOException {
            int count = super.read(into, offset, size);
            for (int i = offset; i < offset + count; i++) {
                length = into[i] == '\n' ? 0 : length + 1;
                if (length > 4_096) {
                    throw new IOException("A line of it is longer than 4,096 bytes.");
                }
            }
            return count;
        }
    }

    static Metrics.Point point(String key, String[] fields) throws IOException {
        try {
            return new Metrics.Point(
                    key,
                    decimal(fields[1]),
                    Long.parseLong(fields[0]),
                    fields.length > 2 ? Long.parseLong(fields[2]) : 0);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new IOException(
                    "A line is no point: " + Texts.shown(String.join(" ", fields), 80) + ".");
        }
    }

    /** As Python writes them. */
    private static double decimal(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
