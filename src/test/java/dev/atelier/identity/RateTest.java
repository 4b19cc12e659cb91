package dev.atelier.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A rate")
class RateTest {

    @Test
    void is_a_number_and_a_time() {
        assertThat(Rate.of("300/1h")).isEqualTo(new Rate(300, Duration.ofHours(1)));
        assertThat(Rate.of(" 20/10s ")).isEqualTo(new Rate(20, Duration.ofSeconds(10)));
        assertThat(Rate.of("5/1d").step()).isEqualTo(Duration.ofMinutes(288));
        assertThat(Rate.of("600000/1m").step()).isEqualTo(Duration.ofNanos(100_000));
        assertThat(Rate.of("off").off()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "300", "0/1h", "-1/1h", "1/0s", "1/h", "1.5/1h", "many/1h", "OFF"})
    void is_nothing_else(String text) {
        assertThatThrownBy(() -> Rate.of(text)).hasMessageContaining("300/1h");
    }
}
