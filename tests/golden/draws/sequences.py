"""Recurrent cells and attention."""
import torch
import torch.nn.functional as F
from torch.nn.utils.stateless import functional_call

from .norms import standardized


def recurrent(gates, normalized):
    """LSTM of 4 gates or GRU of 3; with layer norms as Ba et al. have them."""
    def draw(d):
        steps, batch, ins, size = d.randint(1, 3), d.randint(1, 3), d.randint(1, 3), d.randint(2, 3)
        inputs = {'x': d.normal(steps, batch, ins), 'h0': d.normal(batch, size), **({'c0': d.normal(batch, size)} if gates == 4 else {}),
                  'weight_ih': d.normal(gates * size, ins), 'weight_hh': d.normal(gates * size, size)}
        inputs.update(d.some(bias_ih=d.normal(gates * size), bias_hh=d.normal(gates * size)))
        if normalized:
            for name, width in [('ih', gates * size), ('hh', gates * size), *([('c', size)] if gates == 4 else [])]:
                inputs.update(d.some(**{f'ln_{name}_weight': d.normal(width), f'ln_{name}_bias': d.normal(width)}))

        def fn(x, h0, weight_ih, weight_hh, c0=None, bias_ih=None, bias_hh=None, **ln):
            def norm(name, z):
                return standardized(z, [-1], 1e-5) * ln.get(f'ln_{name}_weight', 1) + ln.get(f'ln_{name}_bias', 0) if normalized else z
            h, c, out = h0, c0, []
            for step in x:
                a, u = norm('ih', F.linear(step, weight_ih, bias_ih)), norm('hh', F.linear(h, weight_hh, bias_hh))
                if gates == 4:
                    i, f, g, o = (a + u).chunk(4, 1)
                    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                    h = o.sigmoid() * norm('c', c).tanh()
                else:
                    (ar, az, an), (ur, uz, un) = a.chunk(3, 1), u.chunk(3, 1)
                    z = (az + uz).sigmoid()
                    h = (1 - z) * (an + (ar + ur).sigmoid() * un).tanh() + z * h
                out.append(h)
            return {'out': torch.stack(out), **({'c': c} if gates == 4 else {})}
        return {'steps': steps}, inputs, fn
    return draw


def multi_head_attention(d):
    heads = d.randint(1, 3)
    batch, length, size = d.randint(1, 2), d.randint(1, 4), heads * d.randint(1, 3)
    source = d.choice([length, d.randint(1, 4)])
    inputs = {'query': d.normal(batch, length, size), 'in_proj_weight': d.normal(3 * size, size), 'out_proj_weight': d.normal(size, size)}
    if source != length or d.yes():
        inputs.update(key=d.normal(batch, source, size), value=d.normal(batch, source, size))
    inputs.update(d.some(in_proj_bias=d.normal(3 * size), out_proj_bias=d.normal(size)))
    mask = d.choice([None, 'causal', 'bool', 'float', 'heads'])
    if mask:
        inputs['attn_mask'] = {'causal': torch.ones(length, source).triu(1).bool(), 'bool': d.bools(length, source),
                               'float': d.normal(length, source), 'heads': d.normal(batch * heads, length, source)}[mask]
    if d.yes(0.3):
        inputs['key_padding_mask'] = d.bools(batch, source)
    hidden = [value.reshape(-1, value.shape[-2] if name == 'attn_mask' else 1, source) for name, value in inputs.items() if value.dtype == torch.bool]
    if hidden and torch.stack([h.expand(batch, length, source) for h in hidden]).any(0).all(-1).any():
        raise ValueError('a row sees nothing')

    def fn(query, in_proj_weight, out_proj_weight, key=None, value=None, in_proj_bias=None, out_proj_bias=None, attn_mask=None, key_padding_mask=None):
        key, value = query if key is None else key, query if value is None else value
        out, weights = F.multi_head_attention_forward(
            *(t.transpose(0, 1) for t in (query, key, value)), size, heads, in_proj_weight, in_proj_bias, None, None, False, 0.0, out_proj_weight, out_proj_bias,
            attn_mask=attn_mask, key_padding_mask=key_padding_mask, average_attn_weights=False)
        return {'out': out.transpose(0, 1), 'attn_weights': weights}
    return {'num_heads': heads, 'batch_first': True, 'mask': mask}, inputs, fn


def transformer_encoder_layer(d):
    heads = d.randint(1, 2)
    args = {'d_model': heads * d.choice([2, 4]), 'nhead': heads, 'dim_feedforward': d.randint(2, 5),
            **d.some(activation=d.choice(['relu', 'gelu']), norm_first=d.yes(), layer_norm_eps=d.choice([1e-5, 1e-3]))}
    layer = torch.nn.TransformerEncoderLayer(**args, dropout=0.0, batch_first=True)
    causal, length = d.yes(), d.randint(1, 4)
    mask = torch.ones(length, length).triu(1).bool() if causal else None
    inputs = {'x': d.normal(d.randint(1, 2), length, args['d_model']), **{name: d.normal(*value.shape) for name, value in layer.named_parameters()}}
    return {**args, 'causal': causal}, inputs, lambda x, **state: functional_call(layer, state, (x, mask))


DRAWS = {
    'gru_cell': recurrent(3, normalized=False),
    'lstm_cell': recurrent(4, normalized=False),
    'ln_gru_cell': recurrent(3, normalized=True),
    'ln_lstm_cell': recurrent(4, normalized=True),
    'multi_head_attention': multi_head_attention,
    'transformer_encoder_layer': transformer_encoder_layer,
}
