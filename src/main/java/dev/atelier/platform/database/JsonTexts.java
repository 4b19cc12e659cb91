package dev.atelier.platform.database;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/** Keys with texts, kept as one JSON object in a column. */
public final class JsonTexts {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonTexts() {}

    /** Sorted by key; what is no text becomes one. */
    public static Map<String, String> read(ResultSet row, int column) throws SQLException {
        try {
            var texts = new TreeMap<String, String>();
            JSON.readValue(row.getString(column), Map.class)
                    .forEach((key, value) -> texts.put(String.valueOf(key), String.valueOf(value)));
            return texts;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A column does not hold keys with texts", e);
        }
    }

    /** As the database takes it, which has no place for the character zero. */
    public static String of(Map<String, String> texts) {
        try {
            return JSON.writeValueAsString(texts).replace("\\u0000", "\uFFFD");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
