package dev.atelier.monitoring.statistics;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;

/**
 * The JSON Canonicalization Scheme of RFC 8785: no spaces, members in the order of their UTF-16
 * code units, strings with the fewest escapes, numbers as ECMAScript writes doubles.
 */
final class CanonicalJson {

    /** Numbers from here on have an exponent. */
    private static final int MOST_DIGITS = 21;

    /** Zeros after the point, from which on numbers have an exponent. */
    private static final int MOST_ZEROS = 6;

    private CanonicalJson() {}

    static String of(JsonNode node) {
        var out = new StringBuilder();
        write(node, out);
        return out.toString();
    }

    private static void write(JsonNode node, StringBuilder out) {
        switch (node.getNodeType()) {
            case OBJECT -> {
                var names = new ArrayList<String>();
                node.fieldNames().forEachRemaining(names::add);
                Collections.sort(names);
                char before = '{';
                for (var name : names) {
                    out.append(before);
                    string(name, out);
                    out.append(':');
                    write(node.get(name), out);
                    before = ',';
                }
                out.append(names.isEmpty() ? "{}" : "}");
            }
            case ARRAY -> {
                char before = '[';
                for (var one : node) {
                    out.append(before);
                    write(one, out);
                    before = ',';
                }
                out.append(node.isEmpty() ? "[]" : "]");
            }
            case STRING -> string(node.textValue(), out);
            case NUMBER -> out.append(number(node.doubleValue()));
            default -> out.append(node.asText());
        }
    }

    private static void string(String value, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char one = value.charAt(i);
            switch (one) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (one < ' ') {
                        out.append("\\u").append(HexFormat.of().toHexDigits(one));
                    } else {
                        out.append(one);
                    }
                }
            }
        }
        out.append('"');
    }

    /**
     * As {@code Number::toString} of ECMAScript has it, with the fewest digits that tell it apart.
     */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("JSON has no number " + value);
        }
        if (value == 0) {
            return "0";
        }
        var decimal = shortest(Math.abs(value));
        var digits = decimal.unscaledValue().toString();
        int count = digits.length();
        // The value is 0.digits times ten to this.
        int point = count - decimal.scale();
        String text;
        if (count <= point && point <= MOST_DIGITS) {
            text = digits + "0".repeat(point - count);
        } else if (0 < point && point <= MOST_DIGITS) {
            text = digits.substring(0, point) + "." + digits.substring(point);
        } else if (-MOST_ZEROS < point && point <= 0) {
            text = "0." + "0".repeat(-point) + digits;
        } else {
            int exponent = point - 1;
            text =
                    digits.substring(0, 1)
                            + (count == 1 ? "" : "." + digits.substring(1))
                            + (exponent < 0 ? "e-" : "e+")
                            + Math.abs(exponent);
        }
        return value < 0 ? "-" + text : text;
    }

    /** Java writes two digits at least, where one may tell the smallest doubles apart. */
    private static BigDecimal shortest(double value) {
        var decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        var digit = decimal.round(new MathContext(1));
        return digit.doubleValue() == value ? digit.stripTrailingZeros() : decimal;
    }
}
