package dev.atelier.monitoring.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("A reference profile")
class ProfileTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static Profile profile() {
        var age = Reference.numeric("age", new Random(1).doubles(500).toArray(), 2, 0);
        var doors = Reference.numeric("doors", new double[] {3, 3, 5, 5}, 0, 1);
        var huge = Reference.numeric("huge", new double[] {-1e308, 1e308}, 0, 0);
        var city = Reference.categorical("city", Map.of("Oslo", 40L, "Riga\u0001\"", 2L), 0, 0);
        var none = Reference.numeric("none", new double[0], 9, 0);
        return new Profile(List.of(huge, none, age, doors, city));
    }

    @Test
    void has_the_text_and_hash_that_a_client_computes() {
        var expected = Expected.of("profile");
        var profile = ProfileJson.read(expected.get("document"));
        assertThat(profile.json()).isEqualTo(expected.get("text").asText());
        assertThat(profile.hash()).isEqualTo(expected.get("hash").asText());
    }

    @TestFactory
    Stream<DynamicTest> writes_numbers_as_ecmascript() {
        return Expected.each(Expected.of("profile").get("numbers"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.get("text").asText(),
                                        () ->
                                                assertThat(
                                                                CanonicalJson.number(
                                                                        one.get("value")
                                                                                .doubleValue()))
                                                        .isEqualTo(one.get("text").asText())));
    }

    @Test
    void marks_categories_as_a_client_does() {
        var expected = Expected.of("profile").get("fingerprints");
        expected.properties()
                .forEach(
                        one ->
                                assertThat("%016x".formatted(Categories.fingerprint(one.getKey())))
                                        .isEqualTo(one.getValue().asText()));
        assertThat(expected.size()).isEqualTo(6);
    }

    @Test
    void comes_back_from_its_json() throws JsonProcessingException {
        var profile = profile();
        var read = ProfileJson.read(JSON.readTree(profile.json()));
        assertThat(read).isEqualTo(profile);
        assertThat(read.hash()).isEqualTo(profile.hash()).hasSize(64);
    }

    @Test
    void has_one_hash_whatever_the_order_of_columns() {
        var columns = profile().columns();
        assertThat(new Profile(columns.reversed()).hash()).isEqualTo(profile().hash());
        assertThat(new Profile(columns.subList(1, 4)).hash()).isNotEqualTo(profile().hash());
    }

    @Test
    void names_each_column_once() {
        var column = Reference.numeric("age", new double[] {1}, 0, 0);
        assertThatThrownBy(() -> new Profile(List.of(column, column)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("age");
    }

    @TestFactory
    Stream<DynamicTest> says_what_is_wrong_with_one_that_is_sent() {
        return Stream.of(
                refused(
                        "Column age: bounds is not rising",
                        age -> age.withArray("bounds").set(1, -9)),
                refused("Column age: lowest is above", age -> age.put("lowest", 5)),
                refused("Column age: lowest is no finite number", age -> age.put("lowest", "x")),
                refused("Column age: cells has not", age -> age.withArray("cells").remove(0)),
                refused("Column age: cells is no count", age -> age.withArray("cells").set(1, -1)),
                refused("Column age: cells is no count", age -> age.withArray("cells").set(1, 1.5)),
                refused(
                        "Column age: cells is no count",
                        age -> age.withArray("cells").set(1, 1L << 60)),
                refused("Column age: moments.n is not", age -> age.remove("moments")),
                refused("Column age: moments has a mean", age -> moments(age).put("mean", 9)),
                refused("Column age: moments has no count", age -> moments(age).put("m2", -1)),
                refused("Column age: missing is no count", age -> age.remove("missing")),
                refused("Column age: kind is none of", age -> age.put("kind", "words")),
                refused("A column has no name", age -> age.put("name", "")),
                refused("The column city is there twice", age -> age.put("name", "city")),
                refused("Column age: names is no list", age -> age.put("kind", "categories")));
    }

    private static ObjectNode moments(ObjectNode column) {
        return (ObjectNode) column.get("moments");
    }

    private static DynamicTest refused(String because, Consumer<ObjectNode> change) {
        return DynamicTest.dynamicTest(
                because,
                () -> {
                    var sent = (ObjectNode) JSON.readTree(profile().json());
                    change.accept((ObjectNode) sent.get("columns").get(0));
                    assertThatThrownBy(() -> ProfileJson.read(sent))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageStartingWith(because);
                });
    }

    @Test
    void of_a_later_format_is_refused() {
        var later = JSON.createObjectNode().put("format", 2);
        assertThatThrownBy(() -> ProfileJson.read(later))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("format 2");
        assertThatThrownBy(() -> ProfileJson.read(JSON.createObjectNode().put("format", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("columns");
    }
}
