/// The Python file that `export --to pytorch` writes beside the weights.
enum PyTorchModule {
  /// A line of every module that was written; by it an export is known.
  static let mark = "The network of model.safetensors as a plain PyTorch module."

  static let text = #"""
    """The network of model.safetensors as a plain PyTorch module.

        from model import load
        network = load()                 # ready for inference
        logits = network(stack)          # [N, C, T, H, W], prepared as preprocess.json says

    Needs torch and safetensors. The architecture is read from the file's metadata; tensors have the
    names that they have there.
    """
    import json
    import math
    import pathlib

    import torch
    from safetensors import safe_open
    from torch import nn
    from torch.nn import functional as F


    def triple(value, axes, other):
        """Depth, height and width from what an architecture file writes for one, two or three axes."""
        value = [value] * axes if isinstance(value, int) else list(value)
        return {1: lambda v: v + [other, other], 2: lambda v: [other] + v, 3: lambda v: v}[axes](value)


    def same(size, kernel, stride, dilation):
        """TensorFlow's padding: the output is as long as the input divided by the stride."""
        total = max(0, (-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size)
        return total // 2, total - total // 2


    class Network(nn.Module):
        def __init__(self, architecture, weights):
            super().__init__()
            self.nodes = architecture["layers"]
            for name, value in weights.items():
                owner, path = self, name.split(".")
                # Into PyTorch's own tables: its methods refuse names such as "type" and "forward",
                # which are attributes of every module.
                for part in path[:-1]:
                    owner = owner._modules.setdefault(part, nn.Module())
                if value.is_floating_point() and not path[-1].startswith("running_"):
                    owner._parameters[path[-1]] = nn.Parameter(value)
                else:
                    owner._buffers[path[-1]] = value

        def tensor(self, name):
            owner, path = self, name.split(".")
            for part in path[:-1]:
                owner = owner._modules[part]
            return owner._parameters.get(path[-1], owner._buffers.get(path[-1]))

        def forward(self, x):
            values, last = {"input": x}, x
            for node in self.nodes:
                read = [values[name] for name in node["inputs"]] if "inputs" in node else [last]
                name = node.get("name", "")
                last = getattr(self, "run_" + node["type"])(node, lambda part: self.tensor(f"{name}.{part}"), *read)
                if name:
                    values[name] = last
            return last

        # Convolutions. Volumes are [N, C, T, H, W], sequences [N, T, F], vectors [N, F].

        def convolve(self, node, t, x, axes):
            kernel = triple(node["kernel"], axes, 1)
            stride = triple(node.get("stride", 1), axes, 1)
            dilation = triple(node.get("dilation", 1), axes, 1)
            if node.get("padding") == "same":
                pads = [same(*a) for a in zip(x.shape[2:], kernel, stride, dilation)]
            else:
                pads = [(p, p) for p in triple(node.get("padding", 0), axes, 0)]
            x = F.pad(x, [p for pair in reversed(pads) for p in pair])
            weight = t("weight").reshape(t("weight").shape[:2] + tuple(kernel))
            return F.conv3d(x, weight, t("bias"), stride, 0, dilation, node.get("groups", 1))

        def run_conv3d(self, node, t, x):
            return self.convolve(node, t, x, 3)

        def run_conv2d(self, node, t, x):
            return self.convolve(node, t, x, 2)

        def run_conv1d(self, node, t, x):
            if x.dim() == 5:
                return self.convolve(node, t, x, 1)
            return self.convolve(node, t, x.transpose(1, 2)[..., None, None], 1)[..., 0, 0].transpose(1, 2)

        # Normalisation.

        def run_batchnorm(self, node, t, x):
            turned = x.transpose(1, 2) if x.dim() == 3 else x
            y = F.batch_norm(
                turned, t("running_mean"), t("running_var"), t("weight"), t("bias"), self.training,
                node.get("momentum", 0.1), node.get("epsilon", 1e-5))
            return y.transpose(1, 2) if x.dim() == 3 else y

        def run_layernorm(self, node, t, x):
            turned = x.movedim(1, -1) if x.dim() == 5 else x
            y = F.layer_norm(turned, turned.shape[-1:], t("weight"), t("bias"), node.get("epsilon", 1e-5))
            return y.movedim(-1, 1) if x.dim() == 5 else y

        def run_groupnorm(self, node, t, x):
            return F.group_norm(x, node["groups"], t("weight"), t("bias"), node.get("epsilon", 1e-5))

        # Functions of each value.

        def run_relu(self, node, t, x):
            return F.relu(x)

        def run_relu6(self, node, t, x):
            return F.relu6(x)

        def run_leaky_relu(self, node, t, x):
            return F.leaky_relu(x, node["slope"])

        def run_silu(self, node, t, x):
            return F.silu(x)

        def run_hard_swish(self, node, t, x):
            return F.hardswish(x)

        def run_hard_sigmoid(self, node, t, x):
            return F.hardsigmoid(x)

        def run_sigmoid(self, node, t, x):
            return torch.sigmoid(x)

        def run_tanh(self, node, t, x):
            return torch.tanh(x)

        def run_gelu(self, node, t, x):
            return F.gelu(x)

        def run_dropout(self, node, t, x):
            return F.dropout(x, node["rate"], self.training)

        # Several values.

        def run_add(self, node, t, *x):
            return sum(x[1:], x[0])

        def run_multiply(self, node, t, x, gate):
            return x * (gate[..., None, None, None] if gate.dim() == 2 and x.dim() == 5 else gate)

        def run_concatenate(self, node, t, *x):
            return torch.cat(x, 2 if x[0].dim() == 3 else 1)

        def run_mixture(self, node, t, *x):
            logs = [(one / node.get("temperature", 1)).log_softmax(1) for one in x]
            return torch.stack(logs).logsumexp(0) - math.log(len(logs))

        # Pooling and shapes.

        def run_maxpool3d(self, node, t, x):
            return F.max_pool3d(
                x, node["window"], node.get("stride", node["window"]), node.get("padding", 0),
                ceil_mode=node.get("ceiling", False))

        def run_avgpool3d(self, node, t, x):
            return F.avg_pool3d(
                x, node["window"], node.get("stride", node["window"]), node.get("padding", 0),
                node.get("ceiling", False), node.get("count_padding", True))

        def run_adaptiveavgpool3d(self, node, t, x):
            return F.adaptive_avg_pool3d(x, node["bins"])

        def run_spatialmean(self, node, t, x):
            return x.mean((3, 4)).transpose(1, 2)

        def run_flattensteps(self, node, t, x):
            return x.transpose(1, 2).flatten(2)

        def run_flatten(self, node, t, x):
            return x.flatten(1)

        def run_reshape(self, node, t, x):
            return x.reshape(x.shape[:1] + tuple(node["shape"]))

        def run_steps_to_volume(self, node, t, x):
            return x.transpose(1, 2)[..., None, None]

        def run_slice_time(self, node, t, x):
            part = slice(node.get("start", 0), node.get("end"), node.get("step", 1))
            return x[:, :, part] if x.dim() == 5 else x[:, part]

        def run_difference_time(self, node, t, x):
            axis = 2 if x.dim() == 5 else 1
            first = x.narrow(axis, 0, 1)
            return torch.cat([torch.zeros_like(first), x.diff(dim=axis)], axis)

        def run_slice_channels(self, node, t, x):
            axis = 2 if x.dim() == 3 else 1
            start, end = node.get("start", 0), node.get("end", x.shape[axis])
            return x.narrow(axis, start, end - start)

        def run_shuffle_channels(self, node, t, x):
            axis = 2 if x.dim() == 3 else 1
            return x.unflatten(axis, (node["groups"], -1)).transpose(axis, axis + 1).flatten(axis, axis + 1)

        def run_timepooling(self, node, t, x):
            return x[:, -1] if node["mode"] == "last" else x.mean(1)

        def run_timestatistics(self, node, t, x):
            change = x.diff(dim=1).abs() if x.shape[1] > 1 else torch.zeros_like(x)
            return torch.cat([x.mean(1), change.mean(1)], 1)

        def run_dense(self, node, t, x):
            return F.linear(x, t("weight"), t("bias"))

        # Recurrent layers.

        def torch_recurrent(self, node, t, x, kind):
            layers, both = node.get("layers", 1), node.get("bidirectional", False)
            ends = ["", "_reverse"] if both else [""]
            weights = [
                t(f"{part}_l{layer}{end}") for layer in range(layers) for end in ends
                for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            zeros = x.new_zeros(layers * len(ends), x.shape[0], node["hidden"])
            state = (zeros, zeros) if kind is torch.lstm else zeros
            return kind(x, state, weights, True, layers, 0.0, False, both, True)[0]

        def run_lstm(self, node, t, x):
            return self.torch_recurrent(node, t, x, torch.lstm)

        def run_gru(self, node, t, x):
            return self.torch_recurrent(node, t, x, torch.gru)

        def steps(self, x, hidden, step):
            h = c = x.new_zeros(x.shape[0], hidden)
            outputs = []
            for now in x.unbind(1):
                h, c = step(now, h, c)
                outputs.append(h)
            return torch.stack(outputs, 1)

        def run_peephole_lstm(self, node, t, x):
            def step(x, h, c):
                i, f, g, o = (F.linear(x, t("weight_ih"), t("bias")) + F.linear(h, t("weight_hh"))).chunk(4, 1)
                i, f = torch.sigmoid(i + t("weight_ci") * c), torch.sigmoid(f + t("weight_cf") * c)
                c = f * c + i * torch.tanh(g)
                return torch.sigmoid(o + t("weight_co") * c) * torch.tanh(c), c
            return self.steps(x, node["hidden"], step)

        def run_cifg_lstm(self, node, t, x):
            def step(x, h, c):
                f, g, o = (F.linear(x, t("weight_ih"), t("bias")) + F.linear(h, t("weight_hh"))).chunk(3, 1)
                f = torch.sigmoid(f)
                c = f * c + (1 - f) * torch.tanh(g)
                return torch.sigmoid(o) * torch.tanh(c), c
            return self.steps(x, node["hidden"], step)

        def run_layernorm_lstm(self, node, t, x):
            def norm(x, name):
                return F.layer_norm(x, x.shape[-1:], t(f"{name}.weight"), t(f"{name}.bias"))

            def step(x, h, c):
                gates = norm(F.linear(x, t("weight_ih")), "ln_ih") + norm(F.linear(h, t("weight_hh")), "ln_hh")
                i, f, g, o = gates.chunk(4, 1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                return torch.sigmoid(o) * torch.tanh(norm(c, "ln_cell")), c
            return self.steps(x, node["hidden"], step)

        def run_mgu(self, node, t, x):
            def step(x, h, c):
                f, g = F.linear(x, t("weight_ih"), t("bias")).chunk(2, 1)
                forget, fresh = t("weight_hh").chunk(2, 0)
                f = torch.sigmoid(f + F.linear(h, forget))
                g = torch.tanh(g + F.linear(f * h, fresh))
                return (1 - f) * h + f * g, c
            return self.steps(x, node["hidden"], step)

        def run_convlstm(self, node, t, x):
            pad = node["kernel"] // 2
            h = c = x.new_zeros(x.shape[0], node["filters"], *x.shape[3:])
            outputs = []
            for now in x.unbind(2):
                gates = F.conv2d(now, t("weight_ih"), t("bias"), padding=pad) + F.conv2d(
                    h, t("weight_hh"), padding=pad)
                i, f, g, o = gates.chunk(4, 1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
                outputs.append(h)
            return torch.stack(outputs if node.get("all_steps", True) else outputs[-1:], 2)

        # Attention.

        def run_attention(self, node, t, x):
            return (x * F.linear(x, t("weight")).softmax(1)).sum(1)

        def run_additive_attention(self, node, t, x):
            hidden = torch.tanh(F.linear(x, t("proj.weight"), t("proj.bias")))
            return (x * F.linear(hidden, t("v.weight")).softmax(1)).sum(1)

        def run_self_attention(self, node, t, x):
            turned = x.transpose(0, 1)
            y, _ = F.multi_head_attention_forward(
                turned, turned, turned, x.shape[2], node["heads"], t("in_proj_weight"),
                t("in_proj_bias"), None, None, False, 0.0, t("out_proj.weight"), t("out_proj.bias"),
                training=self.training, need_weights=False)
            return y.transpose(0, 1)

        def run_positions(self, node, t, x):
            if node.get("kind", "learned") == "learned":
                return x + t("weight")
            steps, features = x.shape[1:]
            place = torch.arange(features, dtype=torch.float64)
            angle = torch.arange(steps, dtype=torch.float64)[:, None] / 10000 ** (place // 2 * 2 / features)
            return x + torch.where(place % 2 == 0, angle.sin(), angle.cos()).to(x)


    def load(folder=pathlib.Path(__file__).parent):
        """The network with its weights, ready for inference."""
        with safe_open(str(pathlib.Path(folder) / "model.safetensors"), framework="pt") as file:
            architecture = json.loads(file.metadata()["architecture"])
            weights = {name: file.get_tensor(name) for name in file.keys()}
        return Network(architecture, weights).eval()
    """#
}
