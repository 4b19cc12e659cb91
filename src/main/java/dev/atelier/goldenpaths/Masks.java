package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;

/** Takes secrets out of what is shown or kept, also in the forms that they usually travel in. */
final class Masks {

    private static final String MASK = "***";

    /** Shorter ones would make holes everywhere. */
    private static final int SHORTEST = 3;

    private final List<String> hidden;

    Masks(Collection<String> secrets) {
        var all = new LinkedHashSet<String>();
        for (var secret : secrets) {
            if (secret.length() >= SHORTEST) {
                all.add(secret);
                all.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
                all.add(
                        JsonNodeFactory.instance
                                .textNode(secret)
                                .toString()
                                .replaceAll("^\"|\"$", ""));
                var bytes = secret.getBytes(StandardCharsets.UTF_8);
                all.add(Base64.getEncoder().encodeToString(bytes));
                all.add(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
                secret.lines().filter(line -> line.strip().length() >= 8).forEach(all::add);
            }
        }
        hidden = new ArrayList<>(all);
        // A secret that holds another goes first, or its rest would stay.
        hidden.sort(Comparator.comparingInt(String::length).reversed());
    }

    String hide(String text) {
        var shown = text;
        for (var secret : hidden) {
            shown = shown.replace(secret, MASK);
        }
        return shown;
    }

    JsonNode hide(JsonNode value) {
        if (hidden.isEmpty()) {
            return value;
        }
        return switch (value) {
            case TextNode text -> TextNode.valueOf(hide(text.textValue()));
            case ArrayNode list -> {
                var copy = JsonNodeFactory.instance.arrayNode();
                list.forEach(one -> copy.add(hide(one)));
                yield copy;
            }
            case ObjectNode object -> {
                var copy = JsonNodeFactory.instance.objectNode();
                object.properties().forEach(one -> copy.set(one.getKey(), hide(one.getValue())));
                yield copy;
            }
            default -> value;
        };
    }
}
