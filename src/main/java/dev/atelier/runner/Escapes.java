package dev.atelier.runner;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;

/** The attempts to get out, made with ONNX Runtime loaded as it is in every runner. */
final class Escapes {

    private Escapes() {}

    public static void main(String[] args) {
        var _ = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "escapes");
        dev.atelier.confinement.Escapes.main(args);
    }
}
