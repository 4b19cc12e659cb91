package dev.atelier.githosts;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A repository to be made, empty.
 *
 * @param visibility {@code private}, {@code internal} or {@code public}
 * @param more members of the host's own request beside these
 */
public record NewRepository(
        String owner,
        String name,
        String description,
        String visibility,
        String defaultBranch,
        ObjectNode more) {}
