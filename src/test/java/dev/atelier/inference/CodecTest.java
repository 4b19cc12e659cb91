package dev.atelier.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The codec of inference bodies")
class CodecTest {

    private static InferRequest decode(String json) {
        return RequestCodec.decode(json.getBytes(StandardCharsets.UTF_8), -1, null, Memory.HEAP);
    }

    private static String input(String datatype, String shape, String data) {
        return "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}]}"
                .formatted(datatype, shape, data);
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void keeps_every_type_through_binary(DataType type) {
        var tensor =
                type == DataType.BYTES
                        ? Tensor.strings("x", new long[] {3}, "a", "", "ü")
                        : Tensor.numbers("x", type, new long[] {3}, 0, 1, 1);

        var message = RequestCodec.encode(new InferRequest("7", List.of(tensor), null, true));
        var request =
                RequestCodec.decode(message.body(), message.headerLength(), null, Memory.HEAP);

        assertThat(request.id()).isEqualTo("7");
        assertThat(request.binaryOutput()).isTrue();
        var read = request.inputs().getFirst();
        assertThat(read.data()).isEqualTo(tensor.data());
        assertThat(read.shape()).containsExactly(3);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"FP16", "BF16"})
    void keeps_every_type_through_json(DataType type) {
        var tensor =
                type == DataType.BYTES
                        ? Tensor.strings("y", new long[] {2, 1}, "\"quoted\"", "ü\n")
                        : Tensor.numbers("y", type, new long[] {2, 1}, 0, 1);
        var asked = new InferRequest("7", List.of(), null, false);

        var message = ResponseCodec.encode("m", "1", asked, List.of(tensor), 10_000);
        var response = ResponseCodec.decode(message);

        assertThat(message.headerLength()).isEqualTo(-1);
        assertThat(response.output("y").data()).isEqualTo(tensor.data());
        assertThat(response.id()).isEqualTo("7");
    }

    @Test
    void keeps_the_largest_unsigned_numbers() {
        var request = decode(input("UINT64", "[2]", "[18446744073709551615, 0]"));
        var message =
                ResponseCodec.encode(
                        "m",
                        null,
                        new InferRequest(null, List.of(), null, false),
                        request.inputs(),
                        1000);

        assertThat(new String(message.body(), StandardCharsets.UTF_8))
                .contains("[18446744073709551615,0]");
        assertThatThrownBy(() -> decode(input("UINT8", "[1]", "[256]")))
                .hasMessage("input \"x\", value 0: 256 does not fit UINT8");
        assertThatThrownBy(() -> decode(input("INT64", "[1]", "[1.5]")))
                .hasMessageContaining("expected a whole number");
    }

    @Test
    void reads_data_nested_or_flat_and_nothing_between() {
        assertThat(
                        decode(input("FP32", "[1,2,2]", "[[[1,2],[3,4]]]"))
                                .inputs()
                                .getFirst()
                                .numbers())
                .containsExactly(1, 2, 3, 4);
        assertThat(decode(input("FP32", "[1,2,2]", "[1,2,3,4]")).inputs().getFirst().numbers())
                .containsExactly(1, 2, 3, 4);
        for (var ragged :
                new String[] {
                    "[[1,2],[3,4]]", "[[[1,2],[3]]]", "[[[1,2,3],[4]]]", "[[[1,2],3,4]]", "[[]]"
                }) {
            assertThatThrownBy(() -> decode(input("FP32", "[1,2,2]", ragged)))
                    .isInstanceOf(InvalidRequest.class)
                    .hasMessageContaining("does not have the shape [1, 2, 2]");
        }
    }

    @Test
    void stops_at_the_limit_of_an_answer() {
        var tensor = Tensor.floats("y", new long[] {1000}, new float[1000]);

        assertThatThrownBy(
                        () ->
                                ResponseCodec.encode(
                                        "m",
                                        "1",
                                        new InferRequest(null, List.of(), null, false),
                                        List.of(tensor),
                                        1000))
                .isInstanceOf(TooMuchOutput.class);
    }

    /**
     * A hundred thousand damaged requests: each is understood or refused, none does anything else.
     */
    @Test
    void refuses_damaged_requests_in_words() {
        var random = new Random(20_261_121);
        var seeds = new ArrayList<Message>();
        seeds.add(
                new Message(
                        input("FP32", "[2,2]", "[[1,2.5],[-3e2,NaN]]")
                                .getBytes(StandardCharsets.UTF_8),
                        -1));
        seeds.add(
                new Message(
                        """
                        {"id":"a","outputs":[{"name":"y","parameters":{"binary_data":true}}],
                         "inputs":[{"data":["a","b"],"shape":[2],"name":"t","datatype":"BYTES"}]}
                        """
                                .getBytes(StandardCharsets.UTF_8),
                        -1));
        seeds.add(
                RequestCodec.encode(
                        new InferRequest(
                                List.of(
                                        Tensor.longs("n", new long[] {2}, 1, 2),
                                        Tensor.strings("t", new long[] {2}, "ab", "c")))));
        int refused = 0;
        for (int i = 0; i < 100_000; i++) {
            var seed = seeds.get(i % seeds.size());
            var body = seed.body().clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            try {
                RequestCodec.decode(body, seed.headerLength(), null, Memory.HEAP);
            } catch (InvalidRequest e) {
                refused++;
                assertThat(e.reason()).isNotBlank();
            }
        }
        assertThat(refused).isGreaterThan(10_000);
    }
}
