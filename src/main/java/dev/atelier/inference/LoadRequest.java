package dev.atelier.inference;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a runner is told to load, and the limits that hold from then on.
 *
 * @param folder of the bundle, absolute as the runner sees it
 * @param file the model file, absolute too
 * @param memory bytes the model may take beyond what the empty runner has
 * @param maxOutput bytes of one answer
 * @param maxBatch rows that are merged into one run; 1 for no merging
 * @param threads calls that run side by side
 */
public record LoadRequest(
        String name,
        String version,
        String folder,
        String file,
        long memory,
        int maxOutput,
        int maxBatch,
        int threads) {

    public byte[] toJson() {
        var bytes = new Bytes(256, 1 << 20);
        try (var json = Json.FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("name", name);
            json.writeStringField("version", version);
            json.writeStringField("folder", folder);
            json.writeStringField("file", file);
            json.writeNumberField("memory", memory);
            json.writeNumberField("maxOutput", maxOutput);
            json.writeNumberField("maxBatch", maxBatch);
            json.writeNumberField("threads", threads);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toArray();
    }

    public static LoadRequest fromJson(byte[] body) throws IOException {
        String name = "";
        String version = "";
        String folder = "";
        String file = "";
        long memory = 0;
        int maxOutput = 0;
        int maxBatch = 1;
        int threads = 1;
        try (var parser = Json.FACTORY.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not a load request");
            }
            String member;
            while ((member = parser.nextFieldName()) != null) {
                parser.nextToken();
                switch (member) {
                    case "name" -> name = parser.getText();
                    case "version" -> version = parser.getText();
                    case "folder" -> folder = parser.getText();
                    case "file" -> file = parser.getText();
                    case "memory" -> memory = parser.getLongValue();
                    case "maxOutput" -> maxOutput = parser.getIntValue();
                    case "maxBatch" -> maxBatch = parser.getIntValue();
                    case "threads" -> threads = parser.getIntValue();
                    default -> parser.skipChildren();
                }
            }
        }
        return new LoadRequest(name, version, folder, file, memory, maxOutput, maxBatch, threads);
    }
}
