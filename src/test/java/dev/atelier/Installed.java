package dev.atelier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Objects;

/** Programs that some tests call. Who lacks one skips those; continuous integration never does. */
public final class Installed {

    private Installed() {}

    public static void require(boolean found, String missing) {
        if (Objects.equals(System.getenv("CI"), "true")) {
            assertThat(found).as(missing).isTrue();
        }
        assumeTrue(found, missing);
    }
}
