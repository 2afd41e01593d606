//! The HTTP faces, the practice upstream, the operators' socket, the one egress file.
