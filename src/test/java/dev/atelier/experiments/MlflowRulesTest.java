package dev.atelier.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.atelier.experiments.Clause.Operand;
import dev.atelier.experiments.Clause.Operator;
import dev.atelier.platform.problems.Invalid;
import dev.atelier.platform.problems.NotFound;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What MLflow's clients may say")
class MlflowRulesTest {

    @Nested
    @DisplayName("A filter")
    class Filter {

        @Test
        void joins_conditions_by_and() {
            assertThat(
                            FilterParser.parse(
                                    "metrics.rmse < 0.5 and params.\"model type\" = 'tree' AND tags.`a.b` LIKE \"%x%\""))
                    .containsExactly(
                            new Clause("metrics", "rmse", Operator.LESS, new Operand.Number(0.5)),
                            new Clause(
                                    "params",
                                    "model type",
                                    Operator.EQUAL,
                                    new Operand.Text("tree")),
                            new Clause("tags", "a.b", Operator.LIKE, new Operand.Text("%x%")));
        }

        @Test
        void reads_every_comparison() {
            assertThat(
                            FilterParser.parse(
                                            "a>1 AND b>=2 AND c<-3e2 AND d<=4 AND e=5 AND f!='x' AND g ilike 'y' AND h IN ('p', \"q\") AND i not in ('r') AND tags.j is null AND tags.k IS NOT NULL")
                                    .stream()
                                    .map(Clause::operator))
                    .containsExactly(
                            Operator.GREATER,
                            Operator.GREATER_OR_EQUAL,
                            Operator.LESS,
                            Operator.LESS_OR_EQUAL,
                            Operator.EQUAL,
                            Operator.UNEQUAL,
                            Operator.ILIKE,
                            Operator.IN,
                            Operator.NOT_IN,
                            Operator.IS_NULL,
                            Operator.IS_NOT_NULL);
        }

        @Test
        void keeps_quotes_that_are_doubled_and_keys_with_dots() {
            assertThat(FilterParser.parse("tags.mlflow.runName = 'it''s'"))
                    .containsExactly(
                            new Clause(
                                    "tags",
                                    "mlflow.runName",
                                    Operator.EQUAL,
                                    new Operand.Text("it's")));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "   ", "\n\t"})
        void may_be_empty(String text) {
            assertThat(FilterParser.parse(text)).isEmpty();
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "a = 1 OR b = 2 | character 7 | AND only",
                    "(a = 1) | character 1 | parentheses",
                    "metrics. = 1 | character 9 | key is expected",
                    "metrics.a 1 | character 11 | comparison",
                    "metrics.a = | character 12 | number",
                    "metrics.a = abc | character 13 | quotes",
                    "params.a = 'x | character 12 | not closed",
                    "run_id IN 'x' | character 11 | list such as",
                    "run_id IN ('x' | character 15 | comma",
                    "a = 1 b = 2 | character 7 | AND or the end",
                    "a = 1 AND | character 10 | name such as",
                    "a = 1; drop table run | character 5 | number",
                })
        void says_where_it_cannot_be_understood(String text, String where, String what) {
            assertThatThrownBy(() -> FilterParser.parse(text))
                    .isInstanceOf(Invalid.class)
                    .hasMessageContaining(where)
                    .hasMessageContaining(what);
        }

        @Test
        void has_a_limit() {
            assertThatThrownBy(() -> FilterParser.parse("a = 1 AND ".repeat(101) + "a = 1"))
                    .isInstanceOf(Invalid.class)
                    .hasMessageContaining("100 conditions");
            assertThatThrownBy(() -> FilterParser.parse("x".repeat(20_001)))
                    .isInstanceOf(Invalid.class);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "metrics.a LIKE 'x'",
                    "metrics.a = 'x'",
                    "params.a > 'x'",
                    "params.a = 1",
                    "attributes.status IS NULL",
                    "start_time = 'x'",
                    "attributes.nothing = 'x'",
                    "datasets.size = 'x'",
                    "nothing.a = 'x'",
                    "status > 'x'",
                })
        void compares_only_what_can_be_compared(String text) {
            assertThatThrownBy(
                            () ->
                                    RunSearch.of(
                                            List.of(1L),
                                            RunSearch.View.ACTIVE_ONLY,
                                            text,
                                            List.of(),
                                            new String[0]))
                    .isInstanceOf(Invalid.class);
        }

        @Test
        void never_becomes_part_of_the_statement() {
            var hostile = "x' or 1=1; drop table run; --";
            var statement =
                    RunSearch.of(
                                    List.of(1L),
                                    RunSearch.View.ALL,
                                    "tags.`%s` = \"%s\" and metrics.`%s` > 1"
                                            .formatted(hostile, hostile, hostile),
                                    List.of("params.`" + hostile + "` DESC"),
                                    new String[0])
                            .select("r.id", 10, 0);

            assertThat(statement.text()).doesNotContain("drop table").doesNotContain("1=1");
            assertThat(statement.values()).contains(hostile);
        }
    }

    @Nested
    @DisplayName("An order")
    class Order {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "metrics.a",
                    "metrics.a DESC",
                    "params.`x y` asc",
                    "tags.\"a b\" DESC",
                    "start_time",
                    "attributes.end_time DESC",
                    "`metrics`.a",
                    "run_name ASC",
                    "Created DESC"
                })
        void names_a_key_and_a_way(String text) {
            assertThat(
                            RunSearch.of(
                                            List.of(1L),
                                            RunSearch.View.ALL,
                                            null,
                                            List.of(text),
                                            new String[0])
                                    .select("r.id", 1, 0)
                                    .text())
                    .contains(" order by ");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"", "metrics.a UP", "nothing.a", "metrics.a; drop", "datasets.name"})
        void is_told_when_it_is_none(String text) {
            assertThatThrownBy(
                            () ->
                                    RunSearch.of(
                                            List.of(1L),
                                            RunSearch.View.ALL,
                                            null,
                                            List.of(text),
                                            new String[0]))
                    .isInstanceOf(Invalid.class);
        }
    }

    @Nested
    @DisplayName("A key")
    class Key {

        @ParameterizedTest
        @ValueSource(strings = {"a", "val/f1", "a b", "a-b_c.d", "x:y", "größe", "A1"})
        void is_a_plain_path(String key) {
            MlflowRules.key("metric", key);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "",
                    "../a",
                    "a/../b",
                    "/a",
                    "a//b",
                    "a/",
                    "./a",
                    "a\nb",
                    "a;b",
                    "a'b",
                    "a\u0000b"
                })
        void is_nothing_else(String key) {
            assertThatThrownBy(() -> MlflowRules.key("metric", key)).isInstanceOf(Invalid.class);
        }

        @Test
        void has_250_characters_at_most() {
            MlflowRules.key("metric", "k".repeat(250));
            assertThatThrownBy(() -> MlflowRules.key("metric", "k".repeat(251)))
                    .isInstanceOf(Invalid.class)
                    .hasMessageContaining("250");
        }
    }

    @Nested
    @DisplayName("A place of artifacts")
    class Place {

        private static final String RUN = "0123456789abcdef0123456789abcdef";

        @Test
        void is_of_a_run_or_of_a_logged_model() {
            assertThat(ArtifactPlace.parse("7/" + RUN + "/artifacts/model/MLmodel").uri())
                    .isEqualTo("mlflow-artifacts:/7/" + RUN + "/artifacts/model/MLmodel");
            assertThat(ArtifactPlace.parse("7/models/m-" + RUN + "/artifacts").uri())
                    .isEqualTo("mlflow-artifacts:/7/models/m-" + RUN + "/artifacts");
        }

        /** Among them the forms of CVE-2023-1177, -2356, -6018, CVE-2024-1483, -2928 and -3848. */
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "../x",
                    "a/../../x",
                    "a/%2e%2e/x",
                    "a/%2E%2E/%2e%2e/x",
                    "..%2fx",
                    "a%2f..%2f..%2fx",
                    "a/%5c..%5cx",
                    "a\\..\\x",
                    "C:\\x",
                    "C:/x",
                    "%2fetc/passwd",
                    "a//b",
                    "./a",
                    "a/./b",
                    "a\u0000b",
                    "a%00b",
                    "a%0ab",
                })
        void never_leads_out(String path) {
            assertThatThrownBy(() -> ArtifactPlace.parse("7/" + RUN + "/artifacts/" + path))
                    .isInstanceOf(Invalid.class);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "7",
                    "7/x",
                    "7/" + RUN,
                    "7/" + RUN + "/other/x",
                    "",
                    "x/models/y/artifacts"
                })
        void is_nowhere_else(String address) {
            assertThatThrownBy(() -> ArtifactPlace.parse(address)).isInstanceOf(NotFound.class);
        }
    }
}
