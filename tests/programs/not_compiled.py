"""The programs of the corpus that `wg.jit` refuses, or that stop when they run, each with the reason."""

from __future__ import annotations

__all__ = ["NOT_COMPILED", "STOPPED"]

_REASONS = {
    "classes are defined or instances made": """
        oscillator_with_state inherited_methods dual_numbers_of_the_user callable_instance_that_learns
        container_of_the_user dataclass_inside property_with_setter_and_private_names workspace_shared_by_results
        iterators_combined
    """,
    "variables or containers outside the function are changed": """
        nonlocal_running_total memory_of_a_closure side_effects_and_assertions containers_changed_in_place
        fields_assigned
    """,
    "exceptions are caught": """
        value_after_a_caught_error writes_before_an_error_remain return_inside_finally retry_until_it_works
    """,
    "context managers other than np.errstate": """
        context_manager_that_changes_an_array context_manager_that_swallows
        exit_stack_of_changes
    """,
    "generators": "infinite_generator generator_that_reuses_its_buffer generator_with_send",
    "a list or tuple of a length known at run time": """
        list_comprehension filtered_comprehension array_from_generator starred_arguments map_filter_and_reduce
        sorted_with_a_key empty_range_and_reversed conversions_by_method quicksort_of_values
    """,
    "sharing memory can be told from a copy, depending on the path": "alias_returned_by_a_function",
    "a name that is bound later": "late_binding_of_a_loop_variable",
    "parts of complex arrays are written": "complex_buffer_filled_by_parts real_part_is_a_view",
    "statements and functions that are not compiled": """
        copies_do_not_share match_on_a_name cached_helper_of_constants
        vectorised_user_function
        flat_read_and_view_written values_put_at_places
        partitioned_in_place flat_written
        constant_sorted_filled_and_shuffled constant_changed_through_attributes
        constant_changed_by_operator_functions rounding_has_no_slope
        metropolis_path_with_fixed_draws random_noise_is_constant namedtuple_argument
        ravel_of_contiguous_and_of_transposed diagonal_by_strided_view
    """,
}

NOT_COMPILED: dict[str, str] = {name: reason for reason, names in _REASONS.items() for name in names.split()}

STOPPED = {
    "starts_from_an_empty_array": "`collected` changes its size",
    "mask_made_of_a_changed_array": "`the value` changes its size",
}
"""Programs that raise `UnsupportedOperationError` when they run, with a part of the message."""
