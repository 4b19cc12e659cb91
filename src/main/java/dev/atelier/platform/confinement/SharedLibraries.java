package dev.atelier.platform.confinement;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The system's libraries that the JDK and a program's own need, so that a sandbox holds no others.
 */
final class SharedLibraries {

    private static final Pattern PATH = Pattern.compile("(/\\S+) \\(0x");

    private SharedLibraries() {}

    /** As {@code ldd} names them; the library folders as a whole where there is no ldd. */
    static Set<Path> of(Path java, Path folder) {
        var command = new ArrayList<>(List.of("ldd"));
        try {
            for (var root : List.of(java.resolve("lib"), folder)) {
                try (var files = Files.walk(root)) {
                    files.map(Path::toString).filter(n -> n.endsWith(".so")).forEach(command::add);
                }
            }
            command.add(java.resolve("bin/java").toString());
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            var libraries = new TreeSet<Path>();
            PATH.matcher(text)
                    .results()
                    .map(match -> Path.of(match.group(1)))
                    .filter(path -> !path.startsWith(java) && Files.exists(path))
                    .forEach(libraries::add);
            if (!libraries.isEmpty()) {
                return libraries;
            }
        } catch (IOException _) {
            // No ldd here.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        var folders = new TreeSet<Path>();
        for (var name : List.of("/lib", "/lib64", "/usr/lib", "/usr/lib64")) {
            if (Files.exists(Path.of(name))) {
                folders.add(Path.of(name));
            }
        }
        return folders;
    }
}
