#!/usr/bin/env python3
"""Writes the ONNX files that Tests/ModelFilesTests/ONNXFixtureTests.swift reads, with the onnx
package, and what is in them as JSON.

    python3 -m venv .venv && .venv/bin/pip install onnx numpy ml_dtypes
    .venv/bin/python make-onnx-fixtures.py [FOLDER]      this folder when left out

small.onnx     Conv, Relu, ReduceMean, Gemm: initializers in every field and type that is read,
               attributes of every kind
outside.onnx   MatMul, its weight in outside.bin, at an offset
branch.onnx    an If, whose attributes are graphs
"""

import json
import os
import sys

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def value(index):
    """Exact in every type of floats."""
    return (index % 13 - 6) * 0.25


def values(*shape):
    count = int(np.prod(shape))
    return np.array([value(i) for i in range(count)], np.float32).reshape(shape)


def small():
    raw = [
        numpy_helper.from_array(values(2, 1, 1, 3, 3), "conv.weight"),
        numpy_helper.from_array(values(5).astype(np.float16), "raw.float16"),
        numpy_helper.from_array(values(5).astype(ml_dtypes.bfloat16), "raw.bfloat16"),
        numpy_helper.from_array(values(5).astype(np.float64), "raw.double"),
        numpy_helper.from_array(np.array([-3, 0, 1 << 40]), "raw.int64"),
        numpy_helper.from_array(np.array([-3, 0, 1 << 30], np.int32), "raw.int32"),
        numpy_helper.from_array(np.array([0, 7, 255], np.uint8), "raw.uint8"),
        numpy_helper.from_array(np.array([True, False]), "raw.bool"),
        numpy_helper.from_array(np.zeros((0, 4), np.float32), "raw.none"),
        numpy_helper.from_array(np.array(2.5, np.float32), "raw.scalar"),
    ]
    make = helper.make_tensor
    typed = [
        make("conv.bias", TensorProto.FLOAT, [2], [0.5, -0.25]),
        make("typed.float16", TensorProto.FLOAT16, [5], values(5)),
        make("typed.bfloat16", TensorProto.BFLOAT16, [5], values(5)),
        make("typed.double", TensorProto.DOUBLE, [5], values(5)),
        make("typed.int64", TensorProto.INT64, [3], [-3, 0, 1 << 40]),
        make("typed.int32", TensorProto.INT32, [3], [-3, 0, 1 << 30]),
        make("typed.uint8", TensorProto.UINT8, [3], [0, 7, 255]),
        make("typed.bool", TensorProto.BOOL, [2], [True, False]),
        make("fc.weight", TensorProto.FLOAT, [3, 2], values(3, 2).flatten()),
        make("axes", TensorProto.INT64, [3], [2, 3, 4]),
    ]
    nodes = [
        helper.make_node(
            "Conv", ["input", "conv.weight", "conv.bias"], ["c"], "conv",
            kernel_shape=[1, 3, 3], pads=[0, 1, 1, 0, 1, 1], strides=[1, 2, 2]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("ReduceMean", ["r", "axes"], ["m"], "mean", keepdims=0),
        helper.make_node("Gemm", ["m", "fc.weight", ""], ["output"], "fc", alpha=0.5, transB=1),
        helper.make_node(
            "Kinds", ["input"], [], "kinds", domain="example", text="ä", texts=["a", ""],
            floats=[0.5, -1.0], tensor=numpy_helper.from_array(values(2, 2))),
    ]
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 1, 4, 8, 8])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 3])],
        initializer=raw + typed,
        value_info=[helper.make_tensor_value_info("r", TensorProto.FLOAT, ["N", 2, None, 4, 4])])
    model = helper.make_model(
        graph, producer_name="make-onnx-fixtures", producer_version="1", ir_version=8,
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("example", 1)])
    helper.set_model_props(model, {"classes": "a,b,c", "empty": ""})
    return model


def outside():
    tensor = TensorProto(
        name="weight", data_type=TensorProto.FLOAT, dims=[2, 3],
        data_location=TensorProto.EXTERNAL)
    for key, text in [("location", "outside.bin"), ("offset", "8"), ("length", "24")]:
        tensor.external_data.add(key=key, value=text)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["input", "weight"], ["output"])], "outside",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 2])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 3])],
        initializer=[tensor])
    return helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("ai.onnx", 17)])


def branch():
    def side(name):
        output = helper.make_tensor_value_info("same", TensorProto.FLOAT, [1])
        return helper.make_graph(
            [helper.make_node("Identity", ["input"], ["same"])], name, [], [output])

    node = helper.make_node(
        "If", ["condition"], ["output"], then_branch=side("then"), else_branch=side("else"))
    graph = helper.make_graph(
        [node], "branch",
        [helper.make_tensor_value_info("condition", TensorProto.BOOL, []),
         helper.make_tensor_value_info("input", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1])])
    return helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    model = small()
    with open(os.path.join(folder, "outside.bin"), "wb") as file:
        file.write(bytes(8) + values(2, 3).astype("<f4").tobytes() + bytes(4))
    onnx.save(model, os.path.join(folder, "small.onnx"))
    onnx.save(outside(), os.path.join(folder, "outside.onnx"))
    onnx.save(branch(), os.path.join(folder, "branch.onnx"))
    tensors = {}
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor)
        tensors[tensor.name] = {
            "type": TensorProto.DataType.Name(tensor.data_type),
            "dims": list(tensor.dims),
            "values": array.astype(np.float64).flatten().tolist(),
        }
    with open(os.path.join(folder, "small.json"), "w") as file:
        json.dump(tensors, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
