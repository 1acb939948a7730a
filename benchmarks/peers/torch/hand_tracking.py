"""`hand_tracking` in PyTorch."""

import torch

from benchmarks.models.inputs import PARENTS


def rotations(angles):
    """The matrices (b, 3, 3) of turns about the three axes, x first, by `angles` (b, 3)."""
    (cx, cy, cz), (sx, sy, sz) = torch.cos(angles).unbind(1), torch.sin(angles).unbind(1)
    one, zero = torch.ones_like(cx), torch.zeros_like(cx)

    def matrices(*elements):
        return torch.stack(elements, dim=1).reshape(-1, 3, 3)

    about_x = matrices(one, zero, zero, zero, cx, -sx, zero, sx, cx)
    about_y = matrices(cy, zero, sy, zero, one, zero, -sy, zero, cy)
    about_z = matrices(cz, -sz, zero, sz, cz, zero, zero, zero, one)
    return about_z @ about_y @ about_x


def angles_of_bones(pose):
    """The turns (22, 3): none of the wrist, of the first bone of a finger, and of the last bone."""
    none = torch.zeros_like(pose[:1]).expand(3)
    rows = [none, none]
    for bends in pose[6:].reshape(5, 4):
        sideways = torch.cat([bends[:2], none[:1]])
        rows += [sideways, torch.cat([bends[2:3], none[:2]]), torch.cat([bends[3:4], none[:2]]), none]
    return torch.stack(rows[: len(PARENTS)])


def hand_tracking(pose, parents, relatives, inverse_absolutes, surface, skinning, chosen, seen):
    """Turns and skinning of all bones at once, the tree by a loop."""
    turned = torch.nn.functional.pad(rotations(angles_of_bones(pose)), (0, 1, 0, 1))
    corner = torch.zeros_like(turned[0])
    corner[3, 3] = 1.0
    own = relatives @ (turned + corner)
    absolutes = []
    for bone, parent in enumerate(PARENTS):
        absolutes.append(own[bone] if parent < 0 else absolutes[parent] @ own[bone])
    moved = torch.stack(absolutes) @ inverse_absolutes
    places = torch.einsum("pb,bij,pj->pi", skinning[chosen], moved[:, :3], surface[chosen])
    return (places @ rotations(pose[None, :3])[0].T + pose[3:6] - seen,)
