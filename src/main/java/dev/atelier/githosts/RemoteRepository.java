package dev.atelier.githosts;

import java.time.Instant;

/**
 * A repository on a host.
 *
 * @param id as the host counts it
 * @param defaultBranch empty when the host names none
 */
public record RemoteRepository(
        String id, String owner, String name, String defaultBranch, Instant createdAt) {

    public String path() {
        return owner + "/" + name;
    }
}
