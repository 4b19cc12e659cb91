package dev.atelier.repositories;

import java.util.Optional;

/** Knows what made repositories; contributed by whoever makes them. */
public interface Origins {

    Optional<Origin> of(GitRepository repository);
}
