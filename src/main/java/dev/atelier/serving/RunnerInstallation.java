package dev.atelier.serving;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * What a runner process is started from: the JDK, one jar with its classes, and the native
 * libraries of ONNX Runtime.
 *
 * <p>Taken out of the running application once and kept, because a runner must not see the
 * application's folder, and unpacking the libraries at each start would cost 100 ms and a writable
 * folder. The classes are read as bytes; nothing here loads ONNX Runtime into the portal.
 *
 * @param folder holds jar, libraries and start-up cache, and nothing else
 */
record RunnerInstallation(Path java, Path folder) {

    static final String MAIN = "dev.atelier.runner.Runner";
    static final String REHEARSAL = "dev.atelier.runner.Rehearsal";

    /** Folders of classes that a runner needs, each found beside one class of it. */
    private static final Map<String, String> CLASSES =
            new TreeMap<>(
                    Map.of(
                            "dev/atelier/runner/", "dev/atelier/runner/Runner.class",
                            "dev/atelier/inference/", "dev/atelier/inference/Frame.class",
                            "ai/onnxruntime/", "ai/onnxruntime/OrtSession.class",
                            "ai/djl/huggingface/tokenizers/jni/",
                                    "ai/djl/huggingface/tokenizers/jni/CharSpan.class",
                            "com/fasterxml/jackson/core/",
                                    "com/fasterxml/jackson/core/JsonFactory.class",
                            "com/twelvemonkeys/imageio/plugins/webp/",
                                    "com/twelvemonkeys/imageio/plugins/webp/WebPImageReader.class",
                            "com/twelvemonkeys/imageio/metadata/",
                                    "com/twelvemonkeys/imageio/metadata/tiff/TIFFReader.class",
                            "com/twelvemonkeys/imageio/",
                                    "com/twelvemonkeys/imageio/ImageReaderBase.class",
                            "com/twelvemonkeys/io/",
                                    "com/twelvemonkeys/io/LittleEndianDataInputStream.class",
                            "com/twelvemonkeys/", "com/twelvemonkeys/lang/Validate.class"));

    private static final List<String> LIBRARIES =
            List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");
    private static final String TOKENIZERS = "libtokenizers.so";

    Path jar() {
        return folder.resolve("runner.jar");
    }

    /** Classes read and linked by an earlier run; not there before the first rehearsal. */
    Path startUpCache() {
        return folder.resolve("runner.aot");
    }

    /** Installs below the folder what this application holds, unless it is there already. */
    static RunnerInstallation in(Path parent) {
        try {
            var sources = new TreeMap<String, Path>();
            for (var entry : CLASSES.entrySet()) {
                sources.put(entry.getKey(), source(entry.getValue()));
            }
            var folder = parent.resolve("install-" + fingerprint(sources));
            if (Files.notExists(folder)) {
                Files.createDirectories(parent);
                var fresh = Files.createTempDirectory(parent, "installing");
                writeJar(sources, fresh.resolve("runner.jar"));
                for (var library : LIBRARIES) {
                    extract("ai/onnxruntime/native/" + platform() + "/" + library, fresh, library);
                }
                extract(
                        "native/lib/%s/cpu/%s"
                                .formatted(platform().replace("x64", "x86_64"), TOKENIZERS),
                        fresh,
                        TOKENIZERS);
                try {
                    Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    if (Files.notExists(folder)) {
                        throw e;
                    }
                }
            }
            return new RunnerInstallation(
                    Path.of(System.getProperty("java.home")).toRealPath(), folder.toRealPath());
        } catch (IOException e) {
            throw new UncheckedIOException("The runner cannot be installed", e);
        }
    }

    static String platform() {
        var architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        var machine =
                switch (architecture) {
                    case "amd64", "x86_64" -> "x64";
                    case "aarch64", "arm64" -> "aarch64";
                    default ->
                            throw new IllegalStateException(
                                    "ONNX Runtime is not there for " + architecture);
                };
        var system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return (system.contains("mac") ? "osx-" : "linux-") + machine;
    }

    /** The jar or folder that holds a class. */
    private static Path source(String resource) throws IOException {
        var url = resource(resource);
        try {
            if (url.getProtocol().equals("jar")) {
                var text = url.getPath();
                return Path.of(new URI(text.substring(0, text.lastIndexOf("!/"))));
            }
            var text = url.toURI().toString();
            return Path.of(URI.create(text.substring(0, text.length() - resource.length())));
        } catch (URISyntaxException e) {
            throw new IOException("cannot tell where " + url + " is", e);
        }
    }

    private static URL resource(String name) throws IOException {
        var url = Thread.currentThread().getContextClassLoader().getResource(name);
        if (url == null) {
            url = RunnerInstallation.class.getClassLoader().getResource(name);
        }
        if (url == null) {
            throw new IOException(name + " is missing from the application");
        }
        return url;
    }

    private static String fingerprint(Map<String, Path> sources) throws IOException {
        var text = new StringBuilder(platform());
        for (var source : sources.entrySet()) {
            text.append('\n').append(source.getKey()).append(source.getValue());
            if (Files.isDirectory(source.getValue())) {
                try (var files = Files.walk(source.getValue().resolve(source.getKey()))) {
                    for (var file : files.sorted().toList()) {
                        text.append(file).append(Files.getLastModifiedTime(file).toMillis());
                    }
                }
            } else {
                text.append(Files.size(source.getValue()))
                        .append(Files.getLastModifiedTime(source.getValue()).toMillis());
            }
        }
        try {
            var hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void writeJar(Map<String, Path> sources, Path jar) throws IOException {
        // Stored, not deflated: the virtual machine opens it faster.
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.setLevel(0);
            for (var source : sources.entrySet()) {
                if (Files.isDirectory(source.getValue())) {
                    add(source.getValue(), source.getKey(), out);
                } else {
                    try (var zip = FileSystems.newFileSystem(source.getValue())) {
                        add(zip.getPath("/"), source.getKey(), out);
                    }
                }
            }
        }
    }

    private static void add(Path root, String prefix, JarOutputStream out) throws IOException {
        var classes = new ArrayList<Path>();
        try (var files = Files.walk(root.resolve(prefix))) {
            files.filter(file -> file.toString().endsWith(".class")).sorted().forEach(classes::add);
        }
        for (var file : classes) {
            out.putNextEntry(new JarEntry(root.relativize(file).toString().replace('\\', '/')));
            Files.copy(file, out);
            out.closeEntry();
        }
    }

    private static void extract(String resource, Path folder, String name) throws IOException {
        try (InputStream in = resource(resource).openStream()) {
            Files.copy(in, folder.resolve(name));
        }
    }
}
