package dev.atelier.inference;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/** Holds a request against a model's signature and says what differs. */
final class SignatureCheck {

    private SignatureCheck() {}

    static void input(Signature signature, String name, DataType datatype, long[] shape) {
        for (var expected : signature.inputs()) {
            if (expected.name().equals(name)) {
                if (expected.datatype() != datatype || !fits(expected.shape(), shape)) {
                    throw new InvalidRequest(
                            "input \"%s\": expected %s %s, came %s %s"
                                    .formatted(
                                            name,
                                            expected.datatype(),
                                            expected.shape(),
                                            datatype,
                                            Arrays.toString(shape)));
                }
                return;
            }
        }
        throw new InvalidRequest(
                "there is no input \"%s\"; the model takes %s"
                        .formatted(name, names(signature.inputs())));
    }

    private static boolean fits(List<Long> expected, long[] shape) {
        if (expected.size() != shape.length) {
            return false;
        }
        for (int i = 0; i < shape.length; i++) {
            if (expected.get(i) >= 0 && expected.get(i) != shape[i]) {
                return false;
            }
        }
        return true;
    }

    /** Every input once, every wanted output known. */
    static void complete(Signature signature, InferRequest request) {
        var seen = new HashSet<String>();
        for (var input : request.inputs()) {
            if (!seen.add(input.name())) {
                throw new InvalidRequest("input \"" + input.name() + "\" is there twice");
            }
        }
        for (var expected : signature.inputs()) {
            if (!seen.contains(expected.name())) {
                throw new InvalidRequest(
                        "input \"%s\" is missing: expected %s %s"
                                .formatted(expected.name(), expected.datatype(), expected.shape()));
            }
        }
        if (request.outputs() != null) {
            for (var wanted : request.outputs()) {
                if (signature.outputs().stream().noneMatch(o -> o.name().equals(wanted.name()))) {
                    throw new InvalidRequest(
                            "there is no output \"%s\"; the model gives %s"
                                    .formatted(wanted.name(), names(signature.outputs())));
                }
            }
        }
    }

    private static String names(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> '"' + spec.name() + '"')
                .collect(Collectors.joining(", "));
    }
}
