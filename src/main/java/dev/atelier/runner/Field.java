package dev.atelier.runner;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.atelier.inference.InvalidRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a field of {@code interface.json} says about turning a person's value into tensors.
 *
 * <p>Read with the streaming parser: the runner carries no other, and needs these members only.
 */
record Field(
        String input,
        String type,
        @Nullable String tokenizer,
        int maxTokens,
        String layout,
        int width,
        int maxWidth,
        int height,
        String channels,
        String resize,
        @Nullable Double padding,
        boolean left,
        double scale,
        List<Double> mean,
        List<Double> std,
        boolean invert,
        int rate,
        int samples) {

    private static final JsonFactory FACTORY = new JsonFactory();

    static Field read(byte[] json, int length) throws IOException {
        String input = "";
        String type = "";
        String tokenizer = null;
        int maxTokens = 0;
        String layout = "NCHW";
        int width = 0;
        int maxWidth = 0;
        int height = 0;
        String channels = "RGB";
        String resize = "stretch";
        Double padding = 0.0;
        boolean left = false;
        double scale = 1;
        List<Double> mean = List.of();
        List<Double> std = List.of();
        boolean invert = false;
        int rate = 0;
        int samples = 0;
        try (var parser = FACTORY.createParser(json, 0, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new InvalidRequest("a field must be a JSON object");
            }
            String member;
            while ((member = parser.nextFieldName()) != null) {
                if (parser.nextToken() == JsonToken.VALUE_NULL) {
                    continue;
                }
                switch (member) {
                    case "input" -> input = parser.getText();
                    case "type" -> type = parser.getText().toLowerCase(Locale.ROOT);
                    case "tokenizer" -> tokenizer = parser.getText();
                    case "maxTokens" -> maxTokens = parser.getIntValue();
                    case "layout" -> layout = parser.getText();
                    case "width" -> width = parser.getIntValue();
                    case "maxWidth" -> maxWidth = parser.getIntValue();
                    case "height" -> height = parser.getIntValue();
                    case "channels" -> channels = parser.getText();
                    case "resize" -> resize = parser.getText();
                    case "padding" ->
                            padding =
                                    parser.currentToken() == JsonToken.VALUE_STRING
                                            ? null
                                            : (Double) parser.getDoubleValue();
                    case "align" -> left = parser.getText().equals("left");
                    case "scale" -> scale = parser.getDoubleValue();
                    case "mean" -> mean = numbers(parser);
                    case "std" -> std = numbers(parser);
                    case "invert" -> invert = parser.getBooleanValue();
                    case "rate" -> rate = parser.getIntValue();
                    case "samples" -> samples = parser.getIntValue();
                    default -> parser.skipChildren();
                }
            }
        }
        return new Field(
                input, type, tokenizer, maxTokens, layout, width, maxWidth, height, channels,
                resize, padding, left, scale, mean, std, invert, rate, samples);
    }

    private static List<Double> numbers(JsonParser parser) throws IOException {
        if (parser.currentToken().isNumeric()) {
            return List.of(parser.getDoubleValue());
        }
        var numbers = new ArrayList<Double>();
        while (parser.nextToken() != JsonToken.END_ARRAY && numbers.size() < 16) {
            numbers.add(parser.getDoubleValue());
        }
        return numbers;
    }

    /** One number for each channel, or the same for all. */
    static double of(List<Double> values, int channel, double otherwise) {
        return values.isEmpty()
                ? otherwise
                : values.get(values.size() == 1 ? 0 : Math.min(channel, values.size() - 1));
    }
}
