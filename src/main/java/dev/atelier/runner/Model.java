package dev.atelier.runner;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.atelier.inference.DataType;
import dev.atelier.inference.LoadRequest;
import dev.atelier.inference.Signature;
import dev.atelier.inference.Tensor;
import dev.atelier.inference.TensorSpec;
import dev.atelier.inference.TooMuchOutput;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Set;

/** The loaded model: a session, its signature, and how tensors go in and out. */
final class Model {

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Signature signature;
    private final Set<String> outputs;
    private final LoadRequest limits;
    private final boolean mergeable;

    private Model(
            OrtEnvironment environment,
            OrtSession session,
            Signature signature,
            LoadRequest limits) {
        this.environment = environment;
        this.session = session;
        this.signature = signature;
        this.outputs = Set.copyOf(signature.outputs().stream().map(TensorSpec::name).toList());
        this.limits = limits;
        this.mergeable =
                limits.maxBatch() > 1
                        && !signature.inputs().isEmpty()
                        && signature.inputs().stream().allMatch(Model::freeFirst)
                        && signature.outputs().stream().allMatch(Model::freeFirst)
                        && signature.inputs().stream()
                                .noneMatch(input -> input.datatype() == DataType.BYTES);
    }

    private static boolean freeFirst(TensorSpec spec) {
        return !spec.shape().isEmpty() && spec.shape().getFirst() == -1;
    }

    static Model load(OrtEnvironment environment, LoadRequest request) throws OrtException {
        try (var options = options()) {
            var session = environment.createSession(request.file(), options);
            return new Model(environment, session, signature(session), request);
        }
    }

    static Model load(OrtEnvironment environment, byte[] onnx, LoadRequest limits)
            throws OrtException {
        try (var options = options()) {
            var session = environment.createSession(onnx, options);
            return new Model(environment, session, signature(session), limits);
        }
    }

    private static OrtSession.SessionOptions options() throws OrtException {
        var options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        options.addConfigEntry("session.inter_op.allow_spinning", "0");
        // The name of a file must not choose another parser.
        options.addConfigEntry("session.load_model_format", "ONNX");
        return options;
    }

    Signature signature() {
        return signature;
    }

    LoadRequest limits() {
        return limits;
    }

    /** Whether requests may be put together along the first dimension. */
    boolean mergeable() {
        return mergeable;
    }

    private static Signature signature(OrtSession session) throws OrtException {
        return new Signature(
                specs(session.getInputInfo().values(), true),
                specs(session.getOutputInfo().values(), false));
    }

    /** Outputs that are no tensors (sequences and maps of older converters) are left out. */
    private static List<TensorSpec> specs(Collection<NodeInfo> nodes, boolean inputs)
            throws OrtException {
        var specs = new ArrayList<TensorSpec>();
        for (var node : nodes) {
            if (node.getInfo() instanceof TensorInfo info) {
                var shape = new ArrayList<Long>();
                for (long dimension : info.getShape()) {
                    shape.add(dimension < 0 ? -1 : dimension);
                }
                specs.add(new TensorSpec(node.getName(), datatype(node.getName(), info), shape));
            } else if (inputs) {
                throw new OrtException(
                        "input \"" + node.getName() + "\" is not a tensor; such models cannot run");
            }
        }
        return specs;
    }

    private static DataType datatype(String name, TensorInfo info) throws OrtException {
        return switch (info.onnxType) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> DataType.FP32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> DataType.FP64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> DataType.FP16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> DataType.BF16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> DataType.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> DataType.INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> DataType.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> DataType.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> DataType.UINT8;
            // Read, but not given: see models/Signatures.
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> DataType.UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> DataType.UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> DataType.UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> DataType.BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> DataType.BYTES;
            default ->
                    throw new OrtException(
                            "\"%s\" has a type that ONNX Runtime's Java API does not carry (%s)"
                                    .formatted(name, info.onnxType));
        };
    }

    /** Outputs in the order of the signature; their data is on the heap. */
    List<Tensor> run(List<Tensor> inputs, Set<String> wanted, OrtSession.RunOptions options)
            throws OrtException {
        var values = new HashMap<String, OnnxTensor>();
        try {
            for (var input : inputs) {
                values.put(input.name(), value(input));
            }
            try (var result = session.run(values, wanted.isEmpty() ? outputs : wanted, options)) {
                return outputs(result);
            }
        } finally {
            values.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor value(Tensor tensor) throws OrtException {
        if (tensor.datatype() == DataType.BYTES) {
            return OnnxTensor.createTensor(
                    environment, tensor.strings().toArray(String[]::new), tensor.shape());
        }
        return OnnxTensor.createTensor(
                environment,
                tensor.data().order(ByteOrder.nativeOrder()),
                tensor.shape(),
                switch (tensor.datatype()) {
                    case FP32 -> OnnxJavaType.FLOAT;
                    case FP64 -> OnnxJavaType.DOUBLE;
                    case FP16 -> OnnxJavaType.FLOAT16;
                    case BF16 -> OnnxJavaType.BFLOAT16;
                    case INT8 -> OnnxJavaType.INT8;
                    case INT16 -> OnnxJavaType.INT16;
                    case INT32 -> OnnxJavaType.INT32;
                    case INT64 -> OnnxJavaType.INT64;
                    case UINT8 -> OnnxJavaType.UINT8;
                    case BOOL -> OnnxJavaType.BOOL;
                    case UINT16, UINT32, UINT64, BYTES ->
                            throw new OrtException(tensor.datatype() + " cannot be given");
                });
    }

    private List<Tensor> outputs(OrtSession.Result result) throws OrtException {
        long total = 0;
        for (var output : result) {
            total += size(output.getValue());
            if (total > limits.maxOutput()) {
                throw new TooMuchOutput(limits.maxOutput());
            }
        }
        var tensors = new ArrayList<Tensor>(result.size());
        for (var spec : signature.outputs()) {
            var value = result.get(spec.name());
            if (value.isPresent()) {
                tensors.add(tensor(spec, value.get()));
            }
        }
        return tensors;
    }

    private static long size(OnnxValue value) {
        return value instanceof OnnxTensor tensor
                ? tensor.getInfo().getNumElements() * Math.max(1, tensor.getInfo().type.size)
                : 0;
    }

    private static Tensor tensor(TensorSpec spec, OnnxValue value) throws OrtException {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new OrtException("output \"" + spec.name() + "\" did not come as a tensor");
        }
        var shape = tensor.getInfo().getShape();
        if (spec.datatype() == DataType.BYTES) {
            var strings = new ArrayList<String>();
            flatten(tensor.getValue(), strings);
            return new Tensor(spec.name(), spec.datatype(), shape, Tensor.bytes(strings));
        }
        return new Tensor(spec.name(), spec.datatype(), shape, tensor.getByteBuffer());
    }

    private static void flatten(Object value, List<String> into) {
        switch (value) {
            case String text -> into.add(text);
            case Object[] many -> {
                for (var one : many) {
                    flatten(one, into);
                }
            }
            default -> throw new IllegalStateException("not text: " + value.getClass());
        }
    }

    void close() throws OrtException {
        session.close();
    }
}
