package dev.atelier.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How to reach the embedded database of a portal that runs, past the portal. */
public record EmbeddedAddress(String url, String user, String password) {

    /**
     * @param data the portal's data folder
     */
    public static EmbeddedAddress of(Path data) throws IOException {
        var home = data.resolve("postgres-18");
        var port = Files.readAllLines(home.resolve("cluster/postmaster.pid")).get(3).strip();
        return new EmbeddedAddress(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
                "postgres",
                Files.readString(home.resolve("password")).strip());
    }
}
