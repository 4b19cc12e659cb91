package dev.atelier.models;

import java.util.List;

/**
 * What the scan says about one file.
 *
 * @param kind what it is, for people: {@code ONNX model}, {@code pickle}
 * @param findings reasons, the worst first
 */
public record FileReport(String path, String kind, Verdict verdict, List<String> findings) {

    /** How bad it is; the worst of its files decides over a version. */
    public enum Verdict {
        /** Holds data only. */
        CLEAN,
        /** Worth knowing. */
        NOTED,
        /** Holds code that whoever loads it elsewhere would execute; never loaded here. */
        CODE,
        /** The version is refused for it. */
        REFUSED;

        /** One of the states of the style sheet. */
        public String status() {
            return switch (this) {
                case CLEAN -> "ok";
                case NOTED -> "watch";
                case CODE -> "warn";
                case REFUSED -> "fail";
            };
        }

        public String label() {
            return switch (this) {
                case CLEAN -> "Clean";
                case NOTED -> "Noted";
                case CODE -> "Holds code";
                case REFUSED -> "Refused";
            };
        }
    }

    static FileReport clean(String path, String kind) {
        return new FileReport(path, kind, Verdict.CLEAN, List.of());
    }

    static FileReport of(String path, String kind, Verdict verdict, String finding) {
        return new FileReport(path, kind, verdict, List.of(finding));
    }
}
