package dev.atelier.serving;

import dev.atelier.platform.confinement.ProgramFiles;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a runner process is started from: the JDK, one jar with its classes, and the native
 * libraries of ONNX Runtime. Nothing here loads ONNX Runtime into the portal.
 *
 * @param folder holds jar, libraries and start-up cache, and nothing else
 */
record RunnerInstallation(Path java, Path folder) {

    static final String MAIN = "dev.atelier.runner.Runner";
    static final String REHEARSAL = "dev.atelier.runner.Rehearsal";
    static final String ESCAPES = "dev.atelier.runner.Escapes";

    private static final String JAR = "runner.jar";

    /** Folders of classes that a runner needs, each found beside one class of it. */
    private static final Map<String, String> CLASSES =
            Map.ofEntries(
                    Map.entry("dev/atelier/runner/", "dev/atelier/runner/Runner.class"),
                    Map.entry(
                            "dev/atelier/confinement/",
                            "dev/atelier/confinement/Confinement.class"),
                    Map.entry("dev/atelier/inference/", "dev/atelier/inference/Frame.class"),
                    Map.entry("ai/onnxruntime/", "ai/onnxruntime/OrtSession.class"),
                    Map.entry(
                            "ai/djl/huggingface/tokenizers/jni/",
                            "ai/djl/huggingface/tokenizers/jni/CharSpan.class"),
                    Map.entry(
                            "com/fasterxml/jackson/core/",
                            "com/fasterxml/jackson/core/JsonFactory.class"),
                    Map.entry(
                            "com/twelvemonkeys/imageio/plugins/webp/",
                            "com/twelvemonkeys/imageio/plugins/webp/WebPImageReader.class"),
                    Map.entry(
                            "com/twelvemonkeys/imageio/metadata/",
                            "com/twelvemonkeys/imageio/metadata/tiff/TIFFReader.class"),
                    Map.entry(
                            "com/twelvemonkeys/imageio/",
                            "com/twelvemonkeys/imageio/ImageReaderBase.class"),
                    Map.entry(
                            "com/twelvemonkeys/io/",
                            "com/twelvemonkeys/io/LittleEndianDataInputStream.class"),
                    Map.entry("com/twelvemonkeys/", "com/twelvemonkeys/lang/Validate.class"));

    private static final List<String> LIBRARIES =
            List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");
    private static final String TOKENIZERS = "libtokenizers.so";

    Path jar() {
        return folder.resolve(JAR);
    }

    /** Classes read and linked by an earlier run; not there before the first rehearsal. */
    Path startUpCache() {
        return folder.resolve("runner.aot");
    }

    /** Installs below the folder what this application holds, unless it is there already. */
    static RunnerInstallation in(Path parent) {
        var files = new HashMap<String, String>();
        for (var library : LIBRARIES) {
            files.put("ai/onnxruntime/native/" + platform() + "/" + library, library);
        }
        files.put(
                "native/lib/%s/cpu/%s".formatted(platform().replace("x64", "x86_64"), TOKENIZERS),
                TOKENIZERS);
        return new RunnerInstallation(
                ProgramFiles.java(), ProgramFiles.in(parent, JAR, CLASSES, files));
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
}
