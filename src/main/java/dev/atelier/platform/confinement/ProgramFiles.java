package dev.atelier.platform.confinement;

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
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * What a child is started from: one jar with its classes, and other files of the application.
 *
 * <p>Taken out of the running application once and kept, because a child must not see the
 * application's folder, and unpacking at each start would cost time and a writable folder. The
 * classes are read as bytes; nothing here loads them into the portal.
 */
public final class ProgramFiles {

    private ProgramFiles() {}

    /**
     * Installs below a folder what this application holds, unless it is there already.
     *
     * @param jar its file name
     * @param classes folders of classes that the program needs, each with a class that is found in
     *     it
     * @param files resources of the application, each with the file name it gets
     * @return the folder, which holds jar and files and nothing else
     */
    public static Path in(
            Path parent, String jar, Map<String, String> classes, Map<String, String> files) {
        try {
            var sources = new TreeMap<String, Path>();
            for (var entry : classes.entrySet()) {
                sources.put(entry.getKey(), source(entry.getValue()));
            }
            var folder = parent.resolve("install-" + fingerprint(sources, files));
            if (Files.notExists(folder)) {
                Files.createDirectories(parent);
                var fresh = Files.createTempDirectory(parent, "installing");
                writeJar(sources, fresh.resolve(jar));
                for (var file : files.entrySet()) {
                    extract(file.getKey(), fresh, file.getValue());
                }
                try {
                    Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    if (Files.notExists(folder)) {
                        throw e;
                    }
                }
            }
            return folder.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(jar + " cannot be installed", e);
        }
    }

    /** The JDK that the portal runs on, which its children run on too. */
    public static Path java() {
        try {
            return Path.of(System.getProperty("java.home")).toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException("The JDK cannot be found", e);
        }
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
            url = ProgramFiles.class.getClassLoader().getResource(name);
        }
        if (url == null) {
            throw new IOException(name + " is missing from the application");
        }
        return url;
    }

    private static String fingerprint(Map<String, Path> sources, Map<String, String> others)
            throws IOException {
        var text = new StringBuilder(new TreeMap<>(others).toString());
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
            files.filter(file -> file.toString().matches(".*\\.(class|properties)"))
                    .sorted()
                    .forEach(classes::add);
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
