"""What every training script here does the same way: finish the graph, write JSON one item a line, round metrics."""
import json
from pathlib import Path

import onnx


def save(graph, path, doc, dims=("N",)):
    """Names the free dimensions, states each operator domain once, checks the graph and writes it."""
    versions = {}
    for opset in graph.opset_import:
        versions[opset.domain] = max(opset.version, versions.get(opset.domain, 0))
    del graph.opset_import[:]
    graph.opset_import.extend(onnx.helper.make_opsetid(d, v) for d, v in sorted(versions.items()))
    for value in [*graph.graph.input, *graph.graph.output]:
        first = value.type.tensor_type.shape.dim[0]
        if not first.dim_value:
            first.dim_param = dims[0]
    graph.doc_string = doc
    graph.ir_version = min(graph.ir_version, 10)
    onnx.checker.check_model(graph, full_check=True)
    Path(path).write_bytes(graph.SerializeToString())


def rename(graph, names):
    """Renames graph inputs and outputs together with every use of them."""
    for value in [*graph.graph.input, *graph.graph.output, *graph.graph.value_info]:
        value.name = names.get(value.name, value.name)
    for node in graph.graph.node:
        node.input[:] = [names.get(n, n) for n in node.input]
        node.output[:] = [names.get(n, n) for n in node.output]
    return graph


def significant(value, digits=4):
    return float(f"{float(value):.{digits}g}")


def write_metrics(path, metrics):
    plain = {k: round(float(v), 4) if not isinstance(v, (int, str)) else v for k, v in metrics.items()}
    Path(path).write_text(json.dumps(plain, indent=2) + "\n")
    print(json.dumps(plain, indent=2))
    return plain


def write_interface(path, interface):
    """One field, output or example a line, so that a difference between two versions is readable."""
    def line(value):
        return json.dumps(value, ensure_ascii=False)

    members = []
    for key, value in interface.items():
        if isinstance(value, list):
            members.append(f'  {line(key)}: [\n    ' + ",\n    ".join(line(v) for v in value) + "\n  ]")
        else:
            members.append(f"  {line(key)}: {line(value)}")
    Path(path).write_text("{\n" + ",\n".join(members) + "\n}\n")
