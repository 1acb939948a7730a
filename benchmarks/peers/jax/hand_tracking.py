"""`hand_tracking` in JAX."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.models.inputs import PARENTS


def rotation(angles):
    """The matrix (3, 3) of turns about the three axes, x first."""
    (cx, cy, cz), (sx, sy, sz) = jnp.cos(angles), jnp.sin(angles)
    one, zero = jnp.ones(()), jnp.zeros(())
    about_x = jnp.array([[one, zero, zero], [zero, cx, -sx], [zero, sx, cx]])
    about_y = jnp.array([[cy, zero, sy], [zero, one, zero], [-sy, zero, cy]])
    about_z = jnp.array([[cz, -sz, zero], [sz, cz, zero], [zero, zero, one]])
    return about_z @ about_y @ about_x


def hand_tracking(pose, parents, relatives, inverse_absolutes, surface, skinning, chosen, seen):
    """The tree of bones is known when compiling; their turns are made at once, and so is the skinning."""
    bones = len(PARENTS)
    first = 2 + 4 * np.arange(5)
    bends = pose[6:].reshape(5, 4)
    angles = jnp.zeros((bones, 3)).at[first, :2].set(bends[:, :2]).at[first + 1, 0].set(bends[:, 2])
    angles = angles.at[first + 2, 0].set(bends[:, 3])
    turned = jnp.tile(jnp.eye(4), (bones, 1, 1)).at[:, :3, :3].set(jax.vmap(rotation)(angles))
    own = relatives @ turned
    absolutes = []
    for bone, parent in enumerate(PARENTS):
        absolutes.append(own[bone] if parent < 0 else absolutes[parent] @ own[bone])
    moved = jnp.stack(absolutes) @ inverse_absolutes
    places = jnp.einsum("pb,bij,pj->pi", skinning[chosen], moved[:, :3], surface[chosen])
    return (places @ rotation(pose[:3]).T + pose[3:6] - seen,)
