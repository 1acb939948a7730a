"""A hand in an image: the simple objective of hand tracking of ADBench (Srajer, Kukelova and Fitzgibbon, 2018).

A pose of 26 numbers turns and moves the hand as a whole (6) and bends each of five fingers (4: sideways, and three
joints). Each of 22 bones has a place relative to its parent, which the pose turns; the points of the hand's surface
follow the bones by fixed weights (linear blend skinning). The result is how far chosen points of the surface are from
where they were seen.
"""

import numpy as np


def rotation(angles):
    """The matrix (3, 3) of turns about the three axes, x first, by `angles` (3,)."""
    c = np.cos(angles)
    s = np.sin(angles)
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, c[0], -s[0]], [0.0, s[0], c[0]]])
    about_y = np.array([[c[1], 0.0, s[1]], [0.0, 1.0, 0.0], [-s[1], 0.0, c[1]]])
    about_z = np.array([[c[2], -s[2], 0.0], [s[2], c[2], 0.0], [0.0, 0.0, 1.0]])
    return about_z @ about_y @ about_x


def angles_of_bones(pose, bones):
    """The turns (bones, 3): the wrist's are zero, and each finger has a fixed bone, then four that bend.

    The first joint bends sideways too; the fingertip does not bend.
    """
    angles = np.zeros((bones, 3))
    for finger in range(5):
        first = 2 + 4 * finger
        angles[first, 0] = pose[6 + 4 * finger]
        angles[first, 1] = pose[7 + 4 * finger]
        angles[first + 1, 0] = pose[8 + 4 * finger]
        angles[first + 2, 0] = pose[9 + 4 * finger]
    return angles


def hand_tracking(pose, parents, relatives, inverse_absolutes, surface, skinning, chosen, seen):
    """The differences (c, 3) of the `chosen` (c,) points of the surface from those `seen` (c, 3).

    `parents` (b,) of bones, each after its parent; `relatives`, `inverse_absolutes` (b, 4, 4) of the resting hand;
    `surface` (p, 4) in homogeneous coordinates; `skinning` (p, b).
    """
    bones = len(parents)
    angles = angles_of_bones(pose, bones)
    absolutes = np.zeros((bones, 4, 4))
    for bone in range(bones):
        turned = np.eye(4)
        turned[:3, :3] = rotation(angles[bone])
        own = relatives[bone] @ turned
        if parents[bone] < 0:
            absolutes[bone] = own
        else:
            absolutes[bone] = absolutes[parents[bone]] @ own
    points = surface[chosen]
    following = skinning[chosen]
    places = np.zeros((len(chosen), 3))
    for bone in range(bones):
        moved = absolutes[bone] @ inverse_absolutes[bone]
        places += following[:, bone : bone + 1] * (points @ moved.T)[:, :3]
    whole = rotation(pose[:3])
    return places @ whole.T + pose[3:6] - seen
