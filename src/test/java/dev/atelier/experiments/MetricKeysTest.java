package dev.atelier.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The name of a metric")
class MetricKeysTest {

    @ParameterizedTest
    @CsvSource({
        "val_accuracy, true",
        "test.f1, true",
        "mean_test_score, true",
        "val_loss, false",
        "rmse, false",
        "mean_fit_time, false",
        // scikit-learn's search: how long scoring took, a place, a spread
        "mean_score_time, ",
        "rank_test_score, ",
        "std_test_score, ",
        "std_fit_time, ",
        "example_count, ",
        "temperature, ",
    })
    void says_which_way_is_better_where_it_does(String key, Boolean higher) {
        assertThat(MetricKeys.higherIsBetter(key).orElse(null)).isEqualTo(higher);
    }
}
