package dev.atelier.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of processes, and of the files they wrote. */
final class Processes {

    private Processes() {}

    /** kB of a line in /proc/PID/status. */
    static long status(long pid, String name) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(0);
        }
    }

    /** Milliseconds of processor time so far; the kernel counts in hundredths of a second. */
    static long processor(long pid) throws IOException {
        var ticks = ticks(pid);
        return (ticks[0] + ticks[1]) * 10;
    }

    /** The same of a data folder's server of PostgreSQL and all its sessions, also past ones. */
    static long database(Path data) throws IOException {
        long total = 0;
        for (var process : postgres(data)) {
            for (long ticks : ticks(process.pid())) {
                total += ticks * 10;
            }
        }
        return total;
    }

    /** In user and system mode, of the process and of its children that ended. */
    private static long[] ticks(long pid) throws IOException {
        var text = Files.readString(Path.of("/proc/" + pid + "/stat"));
        var fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return Arrays.stream(fields, 11, 15).mapToLong(Long::parseLong).toArray();
    }

    /**
     * Of all processors since the start of the machine, in hundredths of a second: what was wanted,
     * and the part of it that the host gave to others (proc_stat(5): steal).
     */
    record Wanted(long all, long stolen) {

        static Wanted now() throws IOException {
            var fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split("\\s+");
            // cpu user nice system idle iowait irq softirq steal
            var ticks = Arrays.stream(fields, 1, 9).mapToLong(Long::parseLong).toArray();
            return new Wanted(Arrays.stream(ticks).sum() - ticks[3] - ticks[4], ticks[7]);
        }

        /** Per cent that were stolen since. */
        long stolenSince(Wanted before) {
            return 100 * (stolen - before.stolen) / Math.max(1, all - before.all);
        }
    }

    private static List<ProcessHandle> postgres(Path data) throws IOException {
        long pid =
                Long.parseLong(
                        Files.readAllLines(cluster(data).resolve("postmaster.pid"))
                                .getFirst()
                                .strip());
        return ProcessHandle.of(pid).stream()
                .flatMap(server -> Stream.concat(Stream.of(server), server.descendants()))
                .toList();
    }

    /** Bytes of tables and indexes on the disk, without the write-ahead log. */
    static long databaseBytes(Path data) throws IOException {
        try (var files = Files.walk(cluster(data).resolve("base"))) {
            return files.filter(Files::isRegularFile).mapToLong(Processes::size).sum();
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0; // a temporary one, gone again
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path cluster(Path data) throws IOException {
        try (var folders = Files.list(data)) {
            return folders.filter(path -> path.getFileName().toString().startsWith("postgres-"))
                    .findFirst()
                    .orElseThrow()
                    .resolve("cluster");
        }
    }
}
